using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using CredentialProxy.Admin;
using CredentialProxy.Admin.Issuing;
using CredentialProxy.Admin.Recording;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Sqlite;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Objects.Sqlite;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Usage;
using CredentialProxy.Core.Vault;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Tests.Admin;

/// <summary>The control plane on a Postgres database of its own, with accounts in a file.</summary>
public sealed class PostgresControlPlane : IAsyncLifetime
{
    public const string AdminKey = "the admin key of the control plane on Postgres";

    private readonly TemporaryStorage _accounts = new();
    private TemporaryPostgres _postgres = null!;
    private SqliteQuotaAuthority _authority = null!;
    private SqliteObjectOwners _owners = null!;
    private EmbeddedDirectory _directory = null!;
    private WebApplication _app = null!;

    /// <summary>Everything it logged.</summary>
    internal ConcurrentQueue<string> Log { get; } = new();

    public Uri Address => new(_app.Urls.Single());

    /// <summary>Its database.</summary>
    internal TemporaryPostgres Storage => _postgres;

    /// <summary>The accounts.</summary>
    internal IQuotaAuthority Authority => _authority;

    /// <summary>What it tells gateways.</summary>
    internal IDirectory Directory => _directory;

    /// <summary>Path of the database of the accounts.</summary>
    internal string AccountsPath => _accounts.Path;

    public async ValueTask InitializeAsync()
    {
        _postgres = await TemporaryPostgres.CreateAsync();
        await EmbeddedStorage.MigrateAsync(_accounts, _accounts.Path, CancellationToken.None);
        var time = TimeProvider.System;
        var storage = new PostgresStorageFactory(_postgres.Source);
        var protection = new EphemeralDataProtectionProvider();
        var vault = new CredentialVault(protection);
        await new FirstSigningKey(storage, protection, time).EnsureAsync(TimeSpan.FromSeconds(Signing.MaxLifetimeSeconds), CancellationToken.None);
        var catalog = ProviderCatalogBuilder.Build(new Dictionary<string, ProviderOptions>());
        _directory = new EmbeddedDirectory(storage, vault, [], PriceTable.Load(new PricingOptions()), NullLogger<EmbeddedDirectory>.Instance);
        await _directory.LoadAsync(CancellationToken.None);
        _authority = new SqliteQuotaAuthority(new SqliteQuotaOptions { DatabasePath = _accounts.Path }, time, NullLogger<SqliteQuotaAuthority>.Instance);
        _owners = new SqliteObjectOwners(_accounts.Path, new ObjectOwnersOptions(), time, NullLogger<SqliteObjectOwners>.Instance);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ConfigureAdmin(IPAddress.Loopback, 0));
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new QueueLoggerProvider(Log));
        builder.Services.AddRoutingCore().AddSingleton<TimeProvider>(time).AddSingleton<IDbContextFactory<StorageContext>>(storage).AddSingleton(catalog).AddSingleton(vault)
            .AddSingleton<IDirectory>(_directory).AddSingleton<IDirectoryUpdater>(_directory).AddSingleton<IQuotaAuthority>(_authority).AddSingleton<IObjectOwners>(_owners)
            .AddSingleton<IUsageReader>(new PostgresUsageReader(_postgres.Source, _ => default)).AddSingleton<IRecordTimes>(new PostgresRecordTimes(_postgres.Source))
            .AddSingleton(Signing).AddSingleton(new SessionTokenMinter(Signing, time)).AddSingleton(new SessionTokenVerifier(Signing, time, () => _directory.SigningKeys)).AddSingleton(new AdminTokenVerifier(new AdminTokenOptions(), time))
            .AddSingleton(new GrantFactory(_directory, catalog)).AddSingleton(new SettlementBarrier(_ => default)).AddCredentialProxyAdmin(new AdminOptions { AdminKeyHash = SHA256.HashData(Encoding.UTF8.GetBytes(AdminKey)) });
        _app = builder.Build();
        _app.MapCredentialProxyAdmin();
        await _app.StartAsync();
    }

    /// <summary>Records requests that nobody made.</summary>
    internal Task RecordAsync(IEnumerable<UsageRecord> records) => new PostgresUsageWriter(_postgres.Source).WriteAsync(records, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _owners.DisposeAsync();
        await _authority.DisposeAsync();
        _directory.Dispose();
        _accounts.Dispose();
        await _postgres.DisposeAsync();
    }

    private static SessionTokenOptions Signing { get; } = new() { Secret = new Core.Vault.Secret("a session secret of more than thirty-two bytes") };
}
