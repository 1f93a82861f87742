using CredentialProxy.Admin.Issuing;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.Tests.Storage;
using CredentialProxy.Tests.Tokens;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Tests.Issuing;

public sealed class FirstSigningKeyTests : IAsyncLifetime
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    private readonly EphemeralDataProtectionProvider _protection = new();
    private TemporaryStorage _storage = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _storage = await TemporaryStorage.CreateAsync();

    public ValueTask DisposeAsync()
    {
        _storage.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_first_start_makes_one_and_later_ones_take_it()
    {
        await StartAsync();
        await StartAsync();

        var row = Assert.Single(await RowsAsync());
        Assert.Equal(("ES256", HandmadeToken.Now, null), (row.Algorithm, row.ActivatesAt, row.ExpiresAt));
        var entry = Assert.Single(await AuditAsync());
        Assert.Equal(("system", "signing-key.create", row.Id, null, HandmadeToken.Now), (entry.Actor, entry.Action, entry.ObjectId, entry.BeforeJson, entry.Time));
        Assert.Contains("\"algorithm\":\"ES256\"", entry.AfterJson, StringComparison.Ordinal);
        Assert.DoesNotContain(row.SealedPrivateKey, entry.AfterJson, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_can_t_be_written_to_the_audit_log_is_not_made()
    {
        await using (var context = _storage.CreateDbContext())
        {
            await context.Database.ExecuteSqlRawAsync("CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN INSERT INTO settings (\"Name\") VALUES (NULL); END", Cancellation);
        }

        await Assert.ThrowsAsync<DbUpdateException>(StartAsync);

        Assert.Empty(await RowsAsync());
    }

    [Fact]
    public async Task The_secret_that_an_earlier_version_kept_proves_what_it_signed_and_signs_no_more()
    {
        await _storage.ChangeAsync(context => context.Settings.Add(
            new SettingRow { Name = KeptSecrets.SigningSecret, Value = _protection.CreateProtector(KeptSecrets.Purpose).Protect(HandmadeToken.Secret) }));

        await StartAsync();
        await StartAsync();

        var rows = await RowsAsync();
        var kept = rows.Single(row => row.Id == SigningKeySet.WithoutKid);
        Assert.Equal(2, rows.Count);
        Assert.True(kept.ExpiresAt > HandmadeToken.Now + Week);
        Assert.Equal("ES256", new SigningKeyLine(rows, Week).SigningAt(HandmadeToken.Now)!.Algorithm);
        var key = SigningKey.OfSecret(kept.Id, new CredentialVault(_protection).TryOpenSigningKey(kept.SealedPrivateKey, out _)!, kept.ActivatesAt, kept.ExpiresAt);
        var verifier = new Core.Tokens.SessionTokenVerifier(new Core.Tokens.SessionTokenOptions(), HandmadeToken.Clock(), () => new SigningKeySet([key]));
        Assert.NotNull((await verifier.VerifyAsync(HandmadeToken.Sign(HandmadeToken.Payload()))).Claims);
        await using var context = _storage.CreateDbContext();
        Assert.Empty(await context.Settings.ToListAsync(Cancellation));
        var entries = await AuditAsync();
        Assert.Equal(rows.Select(row => row.Id).Order(StringComparer.Ordinal), entries.Select(entry => entry.ObjectId).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(entries, entry => entry.AfterJson!.Contains(HandmadeToken.Secret, StringComparison.Ordinal));
        Assert.Contains("\"expiresAt\":\"", entries.Single(entry => entry.ObjectId == kept.Id).AfterJson, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_another_key_ring_sealed_stops_the_start_and_the_error_says_what_to_do()
    {
        await StartAsync();

        var error = await Assert.ThrowsAsync<StartupException>(() => new FirstSigningKey(_storage, new EphemeralDataProtectionProvider(), HandmadeToken.Clock()).EnsureAsync(Week, Cancellation));

        Assert.Contains("key ring", error.Message, StringComparison.Ordinal);
        Assert.Contains((await RowsAsync()).Single().Id, error.Message, StringComparison.Ordinal);
    }

    private async Task<List<AuditRow>> AuditAsync()
    {
        await using var context = _storage.CreateDbContext();
        return await context.Audit.OrderBy(entry => entry.Id).ToListAsync(Cancellation);
    }

    private Task StartAsync() => new FirstSigningKey(_storage, _protection, HandmadeToken.Clock()).EnsureAsync(Week, Cancellation);

    private async Task<List<SigningKeyRow>> RowsAsync()
    {
        await using var context = _storage.CreateDbContext();
        return await context.SigningKeys.ToListAsync(Cancellation);
    }
}
