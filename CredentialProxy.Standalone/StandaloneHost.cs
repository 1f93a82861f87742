using CredentialProxy.Admin;
using CredentialProxy.Admin.Hosting;
using CredentialProxy.Admin.Issuing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Sqlite;
using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Objects.Sqlite;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Vault;
using CredentialProxy.Gateway;
using CredentialProxy.MockProvider;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.DataProtection;

namespace CredentialProxy.Standalone;

/// <summary>
/// Gateway and control plane in one process, on embedded stores. Two web applications, so that neither can serve the other's routes, over the same objects, which are made here once and
/// end here in the reverse order.
/// </summary>
internal sealed class StandaloneHost : IAsyncDisposable
{
    private readonly IConfiguration _configuration;
    private readonly StandaloneOptions _options;
    private readonly OwnedParts _parts;

    private StandaloneHost(IConfiguration configuration, StandaloneOptions options, Action<ILoggingBuilder> logging) =>
        (_configuration, _options, _parts) = (configuration, options, new OwnedParts(configuration, logging));

    /// <summary>Where the gateway listens.</summary>
    public Uri GatewayAddress { get; private set; } = null!;

    /// <summary>Where the control plane listens.</summary>
    public Uri ControlAddress { get; private set; } = null!;

    /// <summary>Where the mock provider of a demo listens; null outside a demo.</summary>
    public Uri? MockAddress { get; private set; }

    /// <summary>Where metrics are served for Prometheus; null for nowhere.</summary>
    public Uri? MetricsAddress { get; private set; }

    /// <summary>The admin key where it is known: set, or made at this start.</summary>
    public string? AdminKey { get; private set; }

    /// <summary>Whether the admin key was made at this start, so that it must be shown.</summary>
    public bool IsAdminKeyNew { get; private set; }

    /// <summary>Providers for which there is a credential.</summary>
    public IReadOnlyList<string> ReadyProviders { get; private set; } = [];

    /// <summary>Providers for which there is none.</summary>
    public IReadOnlyList<string> MissingProviders { get; private set; } = [];

    /// <summary>Where a demo's file is; null outside a demo.</summary>
    public DemoFile? Demo { get; private set; }

    /// <summary>The ledger, for tests that look at what it holds.</summary>
    internal QuotaLedger Ledger { get; private set; } = null!;

    /// <summary>The gateway's parts, for tests that look at what they hold.</summary>
    internal IServiceProvider GatewayParts { get; private set; } = null!;

    /// <summary>Starts everything; nothing is left running when it fails.</summary>
    /// <exception cref="StartupException">A setting is wrong, a port is taken, or the data directory can't be used.</exception>
    public static async Task<StandaloneHost> StartAsync(
        IConfiguration configuration, StandaloneOptions options, Action<ILoggingBuilder> logging, CancellationToken cancellationToken)
    {
        var host = new StandaloneHost(configuration, options, logging);
        try
        {
            await host.StartAsync(cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops taking requests, lets running ones end, writes what they used, gives back what was leased.</summary>
    public ValueTask DisposeAsync() => StopAsync(CancellationToken.None);

    /// <summary>The same; running requests are cut when <paramref name="hurry"/> is cancelled.</summary>
    public ValueTask StopAsync(CancellationToken hurry) => _parts.EndAsync(hurry);

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var settings = Settings.Read(_configuration);
        MetricsAddress = await _parts.ServeMetricsAsync(cancellationToken);
        var prices = PriceTable.Load(settings.Pricing);
        var data = _parts.Own(DataDirectory.Open(_options.DataDirectory));
        var storage = new StorageFactory(data.DatabaseFile);
        // Most of a start is code that is compiled: neither of these waits for the other.
        await Task.WhenAll(
            Task.Run(() => EmbeddedStorage.MigrateAsync(storage, data.DatabaseFile, cancellationToken), cancellationToken),
            _options.IsDemo ? Task.Run(() => StartMockAsync(settings.Providers, cancellationToken), cancellationToken) : Task.CompletedTask);
        var catalog = ProviderCatalogBuilder.Build(settings.Providers);

        var shared = await OpenAsync(settings, catalog, prices, data, storage, cancellationToken);
        await ServeAsync(settings, shared, cancellationToken);

        ReadyProviders = [.. catalog.Names.Where(name => !shared.Directory.CredentialsOf(name).IsEmpty)];
        MissingProviders = [.. catalog.Names.Except(ReadyProviders)];
        // Loads while nobody waits for it: a stream that is cut has its text counted.
        _ = Task.Run(UsageMeter.Warm, CancellationToken.None);
        if (_options.IsDemo)
        {
            Demo = await DemoSetup.PrepareAsync(this, cancellationToken);
            await Demo.WriteAsync(data.DemoFile, cancellationToken);
        }
    }

    private async Task<SharedObjects> OpenAsync(Settings settings, ProviderCatalog catalog, PriceTable prices, DataDirectory data, StorageFactory storage, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var logs = LoggerFactory.Create(_parts.Logging);
        _parts.Own(logs);
        await new DemoGuard(storage, data, time).CheckAsync(_options.IsDemo, cancellationToken);
        var protection = DataProtectionProvider.Create(data.CreateKeyRing(), builder => builder.SetApplicationName("CredentialProxy"));
        var vault = new CredentialVault(protection);
        var fromEnvironment = EnvironmentCredentials.Read(settings.Providers, name => _options.IsDemo ? null : _configuration[name], vault);

        await new FirstSigningKey(storage, protection, time).EnsureAsync(TimeSpan.FromSeconds(settings.SessionTokens.MaxLifetimeSeconds), cancellationToken);
        var directory = new EmbeddedDirectory(storage, vault, fromEnvironment, prices, logs.CreateLogger<EmbeddedDirectory>());
        _parts.Own(directory);
        await directory.LoadAsync(cancellationToken);
        var authority = new SqliteQuotaAuthority(settings.Accounts.At(data.DatabaseFile), time, logs.CreateLogger<SqliteQuotaAuthority>());
        _parts.Own(authority);
        await authority.OpenAsync(cancellationToken);
        Ledger = new QuotaLedger(authority, settings.Ledger, time, logs.CreateLogger<QuotaLedger>());
        _parts.Own(Ledger);
        var owners = new SqliteObjectOwners(data.DatabaseFile, settings.ObjectOwners, time, logs.CreateLogger<SqliteObjectOwners>());
        _parts.Own(owners);

        var secrets = new InstallationSecrets(storage, _configuration);
        (var adminKeyHash, AdminKey, IsAdminKeyNew) = await secrets.AdminKeyAsync(mustBeKnown: _options.IsDemo, cancellationToken);
        return new SharedObjects
        {
            Time = time,
            Catalog = catalog,
            DatabaseFile = data.DatabaseFile,
            Storage = storage,
            Vault = vault,
            Directory = directory,
            Authority = authority,
            Ledger = Ledger,
            ObjectOwners = owners,
            SessionTokens = settings.SessionTokens.With(secrets.SigningSecret),
            AdminTokens = secrets.AdminTokens(secrets.SigningSecret),
            Admin = new AdminOptions { AdminKeyHash = adminKeyHash, HostedToolCalls = settings.Gateway.HostedToolCalls, Keeping = settings.Keeping },
        };
    }

    private async Task ServeAsync(Settings settings, SharedObjects shared, CancellationToken cancellationToken)
    {
        var control = _parts.Build(
            services => shared.AddTo(services).AddCredentialProxyAdmin(shared.Admin).AddHostedService<TokenUseWriter>().AddSingleton(shared.Directory).AddHostedService<ReferenceFollower>(),
            kestrel => kestrel.ConfigureAdmin(_options.Address, _options.ControlPort));
        control.MapCredentialProxyAdmin();
        ControlAddress = await _parts.RunAsync(control, EnvironmentNames.ControlPort, _options.ControlPort, cancellationToken);

        var gateway = _parts.Build(
            services => shared.AddTo(services).AddCredentialProxyGateway(settings.Gateway, settings.Connections, settings.Telemetry),
            kestrel => kestrel.ConfigureGateway(_options.Address, _options.GatewayPort, settings.Connections, shared.Time));
        gateway.UseCredentialProxyGateway();
        GatewayParts = gateway.Services;
        GatewayAddress = await _parts.RunAsync(gateway, EnvironmentNames.GatewayPort, _options.GatewayPort, cancellationToken);
    }

    private async Task StartMockAsync(Dictionary<string, ProviderOptions> settings, CancellationToken cancellationToken)
    {
        var mock = MockProviderApp.Create(new MockProviderOptions { Port = _options.MockPort, Host = _options.Address.ToString() });
        MockAddress = await _parts.RunAsync(mock, EnvironmentNames.MockPort, _options.MockPort, cancellationToken);
        foreach (var name in new[] { KnownProviders.OpenAI, KnownProviders.Anthropic, KnownProviders.Gemini, KnownProviders.OpenRouter })
        {
            var options = settings.TryGetValue(name, out var found) ? found : settings[name] = new ProviderOptions();
            options.BaseUrl ??= MockAddress.ToString().TrimEnd('/') + (name == KnownProviders.OpenRouter ? "/api" : "");
            options.ApiKey ??= $"sk-demo-{name}-key";
            options.RequestHeaders.Add("x-mock-*");
            options.ResponseHeaders.Add("x-mock-*");
        }
    }
}
