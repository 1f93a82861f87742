using System.Text;
using CredentialProxy.Admin.KeyRings;
using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Vault;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.KeyRings;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Tests.KeyRings;

/// <summary>The key ring in the database, wrapped with what is not in it.</summary>
[Trait("threat", "key-12")]
public sealed class StoredRingTests : IAsyncLifetime
{
    private const string Canary = "sk-canary-4f1c9d0b77a1e6";
    private const string SigningCanary = "signing-canary-4f1c9d0b77a1e6-0123456789";

    private readonly string _masterKey = RingSettingsOf.NewMasterKey();
    private TemporaryPostgres _storage = null!;

    public async ValueTask InitializeAsync() => _storage = await TemporaryPostgres.CreateAsync();

    public async ValueTask DisposeAsync() => await _storage.DisposeAsync();

    [Fact]
    public async Task A_dump_of_the_database_holds_no_usable_key()
    {
        await SealAsync(await OpenAsync(RingSettingsOf.MasterKey(_masterKey)));

        var dump = (await _storage.QueryAsync<string>("SELECT database_to_xml(true, false, '')::text")).Single();

        Assert.Contains("wrappedKey", dump, StringComparison.Ordinal);
        foreach (var secret in new[] { Canary, SigningCanary, _masterKey })
        {
            Assert.DoesNotContain(secret, dump, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret))[..20], dump, StringComparison.Ordinal);
        }
        // Nor is there anything in it that opens what is sealed.
        var unwrapped = RingSettingsOf.Wrapping(("DOTNET_ENVIRONMENT", "Development"));
        var thief = new KeyRing(new StoredKeys(new CredentialProxy.Admin.Storage.PostgresStorageFactory(_storage.Source), TimeProvider.System), unwrapped, makesKeys: false, NullLoggerFactory.Instance, TimeProvider.System);
        await using var context = _storage.CreateDbContext();
        Assert.Null(new CredentialVault(thief).TryOpen((await context.Credentials.SingleAsync()).SealedSecret, out _));
    }

    [Fact]
    public async Task With_another_master_key_nothing_opens_and_the_error_names_what_to_do()
    {
        await OpenAsync(RingSettingsOf.MasterKey(_masterKey));
        var other = RingSettingsOf.NewMasterKey();

        var error = await Assert.ThrowsAsync<StartupException>(() => OpenAsync(RingSettingsOf.MasterKey(other)));

        Assert.Contains(RingNames.OldMasterKeys, error.Message, StringComparison.Ordinal);
        Assert.Contains($"the master key {MasterKey.Parse(_masterKey, "").Id} ", error.Message, StringComparison.Ordinal);
        Assert.All([_masterKey, other], key => Assert.DoesNotContain(key, error.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resealed_with_a_new_master_key_and_a_new_key_of_the_ring_nothing_needs_the_old_ones()
    {
        await SealAsync(await OpenAsync(RingSettingsOf.MasterKey(_masterKey)));
        await _storage.ExecuteAsync("DELETE FROM outbox");
        var newest = RingSettingsOf.NewMasterKey();
        await using var process = StartedProcess.Of(
            Path.Combine(AppContext.BaseDirectory, "CredentialProxy.Admin.dll"), ["reseal", "--new-key"],
            ("ConnectionStrings__postgres", _storage.ConnectionString), (RingNames.MasterKey, newest), (RingNames.OldMasterKeys, _masterKey));
        Assert.True(await process.ExitAsync() == 0, process.Text);
        Assert.Equal("Wrapped 1 keys of the ring and sealed 2 secrets anew.", process.Text);
        Assert.Equal(["command-line key-ring.reseal {\"keys\":1,\"secrets\":2,\"unopened\":[]}"], await _storage.QueryAsync<string>("SELECT \"Actor\" || ' ' || \"Action\" || ' ' || \"AfterJson\" FROM audit"));
        // Gateways will be told.
        Assert.Equal([DirectoryKind.Key, DirectoryKind.SigningKey, DirectoryKind.Credential], (await _storage.QueryAsync<int>("SELECT DISTINCT \"Kind\" FROM outbox ORDER BY 1")).Select(kind => (DirectoryKind)kind));
        // The ring's first key is not needed by anything any more.
        await _storage.ExecuteAsync("DELETE FROM data_protection_keys WHERE \"CreatedAt\" = (SELECT min(\"CreatedAt\") FROM data_protection_keys)");

        var ring = await OpenAsync(RingSettingsOf.MasterKey(newest));

        await using var context = _storage.CreateDbContext();
        Assert.Equal(Canary, new CredentialVault(ring).TryOpen((await context.Credentials.SingleAsync()).SealedSecret, out _)?.Reveal());
        Assert.Equal(SigningCanary, new CredentialVault(ring).TryOpenSigningKey((await context.SigningKeys.SingleAsync()).SealedPrivateKey, out _)?.Reveal());
        Assert.DoesNotContain(MasterKey.Parse(_masterKey, "").Id, await XmlAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_that_start_at_once_share_one_key_and_a_later_key_reaches_those_that_run()
    {
        var rings = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => OpenAsync(RingSettingsOf.MasterKey(_masterKey)))));
        Assert.Single(await _storage.QueryAsync<string>("SELECT \"Name\" FROM data_protection_keys"));

        rings[0].MakeKey();

        Assert.Equal(Canary, new CredentialVault(rings[1]).TryOpen(new CredentialVault(rings[0]).Seal(Canary), out _)?.Reveal());
    }

    [Fact]
    public async Task A_gateway_opens_with_the_elements_it_is_handed_and_makes_no_keys()
    {
        var control = await OpenAsync(RingSettingsOf.MasterKey(_masterKey));
        var handed = new ProjectedKeys();
        var gateway = new KeyRing(handed, RingSettingsOf.MasterKey(_masterKey), makesKeys: false, NullLoggerFactory.Instance, TimeProvider.System);
        var vault = new CredentialVault(gateway);
        Assert.Null(vault.TryOpen(new CredentialVault(control).Seal(Canary), out _));

        control.MakeKey();
        handed.Fill(await _storage.QueryAsync<string>("SELECT \"Xml\" FROM data_protection_keys"));
        gateway.Refresh();

        Assert.Equal(Canary, vault.TryOpen(new CredentialVault(control).Seal(Canary), out _)?.Reveal());
        Assert.Throws<InvalidOperationException>(gateway.MakeKey);
        // With no key at all it seals nothing rather than with a key that nobody else has.
        handed.Fill([]);
        gateway.Refresh();
        Assert.ThrowsAny<Exception>(() => vault.Seal(Canary));
    }

    private Task<KeyRing> OpenAsync(RingWrapping wrapping) => KeyRingSetup.OpenAsync(
        _storage.Database, TimeSpan.FromMinutes(1), wrapping, NullLoggerFactory.Instance, TimeProvider.System, TestContext.Current.CancellationToken);

    private async Task<string> XmlAsync() => string.Concat(await _storage.QueryAsync<string>("SELECT \"Xml\" FROM data_protection_keys"));

    private async Task SealAsync(KeyRing ring)
    {
        await using var context = _storage.CreateDbContext();
        context.Credentials.Add(new CredentialRow { Id = "cred_1", Provider = "openai", SealedSecret = new CredentialVault(ring).Seal(Canary), CreatedAt = DateTimeOffset.UnixEpoch });
        context.SigningKeys.Add(new SigningKeyRow { Id = "sig_1", Algorithm = "HS256", SealedPrivateKey = new CredentialVault(ring).SealSigningKey(new Core.Vault.Secret(SigningCanary)), CreatedAt = DateTimeOffset.UnixEpoch, ActivatesAt = DateTimeOffset.UnixEpoch });
        await context.SaveChangesAsync();
    }
}
