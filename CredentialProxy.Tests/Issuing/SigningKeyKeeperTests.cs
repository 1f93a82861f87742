using CredentialProxy.Admin.Issuing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Vault;
using CredentialProxy.Tests.Reserving;
using CredentialProxy.Tests.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Issuing;

/// <summary>What becomes of signing keys whose time is over.</summary>
public sealed class SigningKeyKeeperTests
{
    private static readonly DateTimeOffset Start = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_key_is_retired_with_its_last_token_and_forgotten_long_after_and_both_are_in_the_audit_log()
    {
        using var storage = await TemporaryStorage.CreateAsync();
        await storage.ChangeAsync(context => context.SigningKeys.AddRange(Key("sig_old", Start.AddDays(1)), Key("sig_new", null)));
        using var directory = new EmbeddedDirectory(storage, new CredentialVault(new EphemeralDataProtectionProvider()), [], Inspected.Prices, NullLogger<EmbeddedDirectory>.Instance);
        var time = new FakeTimeProvider(Start);
        using var keeper = new SigningKeyKeeper(storage, directory, time, NullLogger<SigningKeyKeeper>.Instance);

        Assert.Empty(await KeepAsync());
        time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(["system signing-key.retire sig_old"], await KeepAsync());
        await using (var context = storage.CreateDbContext())
        {
            Assert.Equal([("sig_new", null), ("sig_old", (DateTimeOffset?)Start.AddDays(1))], (await context.SigningKeys.OrderBy(row => row.Id).ToListAsync(TestContext.Current.CancellationToken)).Select(row => (row.Id, row.RetiredAt)));
        }
        time.Advance(TimeSpan.FromDays(91));
        Assert.Equal(["system signing-key.retire sig_old", "system signing-key.delete sig_old"], await KeepAsync());
        await using var after = storage.CreateDbContext();
        Assert.Equal("sig_new", (await after.SigningKeys.SingleAsync(TestContext.Current.CancellationToken)).Id);

        async Task<IEnumerable<string>> KeepAsync()
        {
            await keeper.KeepAsync(TestContext.Current.CancellationToken);
            await using var context = storage.CreateDbContext();
            return (await context.Audit.OrderBy(row => row.Id).ToListAsync(TestContext.Current.CancellationToken)).Select(row => $"{row.Actor} {row.Action} {row.ObjectId}");
        }
    }

    private static SigningKeyRow Key(string id, DateTimeOffset? expiresAt) =>
        new() { Id = id, Algorithm = "ES256", SealedPrivateKey = "sealed", PublicKey = "{}", CreatedAt = Start, ActivatesAt = Start, ExpiresAt = expiresAt };
}
