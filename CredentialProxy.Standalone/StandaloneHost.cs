using CredentialProxy.Admin;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Sqlite;
using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Objects.Sqlite;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Usage;
using CredentialProxy.Core.Vault;
using CredentialProxy.Gateway;
using CredentialProxy.MockProvider;
using CredentialProxy.ServiceDefaults;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Standalone;

/// <summary>
/// Gateway and control plane in one process, on embedded stores. Two web applications, so that neither can serve the other's routes, over the same objects, which are made here once and
/// end here in the reverse order.
/// </summary>
internal sealed class StandaloneHost : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _owned = new();
    private readonly IConfiguration _configuration;
    private readonly StandaloneOptions _options;
    private readonly Action<ILoggingBuilder> _logging;

    private StandaloneHost(IConfiguration configuration, StandaloneOptions options, Action<ILoggingBuilder> logging) =>
        (_configuration, _options, _logging) = (configuration, options, logging);

    /// <summary>Where the gateway listens.</summary>
    public Uri GatewayAddress { get; private set; } = null!;

    /// <summary>Where the control plane listens.</summary>
    public Uri ControlAddress { get; private set; } = null!;

    /// <summary>Where the mock provider of a demo listens; null outside a demo.</summary>
    public Uri? MockAddress { get; private set; }

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
    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out var owned))
        {
            await owned.DisposeAsync();
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var gatewayOptions = SettingsReader.Read<GatewayOptions>(_configuration, GatewayOptions.Section);
        var providerSettings = SettingsReader.ReadProviders(_configuration);
        if (_options.IsDemo)
        {
            await StartMockAsync(providerSettings, cancellationToken);
        }
        var catalog = ProviderCatalogBuilder.Build(providerSettings);
        var prices = PriceTable.Load(SettingsReader.Read<PricingOptions>(_configuration, PricingOptions.Section));

        var data = DataDirectory.Open(_options.DataDirectory);
        Own(data);
        if (_options.IsDemo)
        {
            File.Delete(data.DemoFile);
        }
        var logs = LoggerFactory.Create(_logging);
        Own(logs);
        var storage = new StorageFactory(data.DatabaseFile);
        await EmbeddedStorage.MigrateAsync(storage, data.DatabaseFile, cancellationToken);
        var protection = DataProtectionProvider.Create(data.CreateKeyRing(), builder => builder.SetApplicationName("CredentialProxy"));
        var vault = new CredentialVault(protection);
        var fromEnvironment = EnvironmentCredentials.Read(providerSettings, name => _options.IsDemo ? null : _configuration[name], vault);

        var directory = new EmbeddedDirectory(storage, vault, fromEnvironment, logs.CreateLogger<EmbeddedDirectory>());
        Own(directory);
        await directory.LoadAsync(cancellationToken);
        var authority = new SqliteQuotaAuthority(new SqliteQuotaOptions { DatabasePath = data.DatabaseFile }, time, logs.CreateLogger<SqliteQuotaAuthority>());
        _owned.Push(authority);
        await authority.OpenAsync(cancellationToken);
        var ledger = new QuotaLedger(
            authority, SettingsReader.Read<QuotaLedgerOptions>(_configuration, "Ledger"), time, logs.CreateLogger<QuotaLedger>());
        _owned.Push(ledger);
        Ledger = ledger;
        var owners = new SqliteObjectOwners(
            data.DatabaseFile, SettingsReader.Read<ObjectOwnersOptions>(_configuration, ObjectOwnersOptions.Section), time, logs.CreateLogger<SqliteObjectOwners>());
        _owned.Push(owners);

        var secrets = new Secrets(storage, protection, _configuration);
        var signing = await secrets.SigningSecretAsync(cancellationToken);
        var sessionTokens = SettingsReader.Read<SessionTokenSettings>(_configuration, SessionTokenSettings.Section).With(signing);
        var adminTokens = new AdminTokenOptions
        {
            Secret = secrets.AdminJwtSecret(signing),
            Audience = _configuration["CREDENTIAL_PROXY_ADMIN_AUDIENCE"] is { Length: > 0 } audience ? audience : AdminTokenOptions.DefaultAudience,
        };
        var (adminKeyHash, adminKey, isAdminKeyNew) = await secrets.AdminKeyAsync(mustBeKnown: _options.IsDemo, cancellationToken);
        (AdminKey, IsAdminKeyNew) = (adminKey, isAdminKeyNew);
        var uses = new TokenUses(storage);

        void AddShared(IServiceCollection services)
        {
            services.AddSingleton(time);
            services.AddSingleton(catalog);
            services.AddSingleton(prices);
            services.AddSingleton<IDirectory>(directory);
            services.AddSingleton<IDirectoryUpdater>(directory);
            services.AddSingleton<IDbContextFactory<StorageContext>>(storage);
            services.AddSingleton<IQuotaAuthority>(authority);
            services.AddSingleton(ledger);
            services.AddSingleton<IObjectOwners>(owners);
            services.AddSingleton(vault);
            services.AddSingleton(uses);
            services.AddSingleton(new SessionTokenVerifier(sessionTokens, time));
            services.AddSingleton(new SessionTokenMinter(sessionTokens, time));
            services.AddSingleton(new AdminTokenVerifier(adminTokens, time));
            services.AddSingleton(new GrantFactory(directory, catalog));
            services.AddSingleton<IUsageReader>(new SqliteUsageReader(data.DatabaseFile, ledger.FlushAsync));
            services.AddSingleton(new SettlementBarrier(ledger.FlushAsync));
        }

        var control = BuildApp(AddShared, services => services.AddCredentialProxyAdmin(new AdminOptions { AdminKeyHash = adminKeyHash }).AddHostedService<TokenUseWriter>(),
            builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureAdmin(_options.Address, _options.ControlPort)));
        control.MapCredentialProxyAdmin();
        ControlAddress = await RunAsync(control, "CONTROL_PORT", _options.ControlPort, cancellationToken);

        var gateway = BuildApp(AddShared, services => services.AddCredentialProxyGateway(gatewayOptions),
            builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureGateway(_options.Address, _options.GatewayPort, time)));
        gateway.UseCredentialProxyGateway();
        GatewayAddress = await RunAsync(gateway, "PORT", _options.GatewayPort, cancellationToken);

        ReadyProviders = [.. catalog.Names.Where(name => !directory.CredentialsOf(name).IsEmpty)];
        MissingProviders = [.. catalog.Names.Except(ReadyProviders)];
        // Loads while nobody waits for it: a stream that is cut has its text counted.
        _ = Task.Run(UsageMeter.Warm, CancellationToken.None);
        if (_options.IsDemo)
        {
            Demo = await DemoSetup.PrepareAsync(this, cancellationToken);
            await Demo.WriteAsync(data.DemoFile, cancellationToken);
        }
    }

    private WebApplication BuildApp(Action<IServiceCollection> addShared, Action<IServiceCollection> addOwn, Action<WebApplicationBuilder> configure)
    {
        // Settings are read once; watching their files would cost a thread that wakes with every change below the working directory.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Configuration.AddConfiguration(_configuration);
        // Addresses are ours to choose: ASPNETCORE_URLS and the like must not open a second door.
        builder.WebHost.UseSetting(WebHostDefaults.ServerUrlsKey, "");
        builder.Logging.ClearProviders();
        _logging(builder.Logging);
        builder.AddServiceDefaults();
        addShared(builder.Services);
        addOwn(builder.Services);
        configure(builder);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
        return builder.Build();
    }

    private async Task<Uri> RunAsync(WebApplication app, string setting, int port, CancellationToken cancellationToken)
    {
        _owned.Push(app);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw new StartupException($"Port {port} is taken or can't be used. Stop whatever has it, or set {setting} to another port.", e);
        }
        var address = new Uri(app.Urls.First());
        return new UriBuilder(address) { Host = address.Host is "0.0.0.0" or "[::]" ? "localhost" : address.Host }.Uri;
    }

    private async Task StartMockAsync(Dictionary<string, ProviderOptions> settings, CancellationToken cancellationToken)
    {
        var mock = MockProviderApp.Create(new MockProviderOptions { Port = _options.MockPort, Host = _options.Address.ToString() });
        MockAddress = await RunAsync(mock, "MOCK_PORT", _options.MockPort, cancellationToken);
        foreach (var name in new[] { KnownProviders.OpenAI, KnownProviders.Anthropic, KnownProviders.Gemini, KnownProviders.OpenRouter })
        {
            var options = settings.TryGetValue(name, out var found) ? found : settings[name] = new ProviderOptions();
            options.BaseUrl ??= MockAddress.ToString().TrimEnd('/') + (name == KnownProviders.OpenRouter ? "/api" : "");
            options.ApiKey ??= $"sk-demo-{name}-key";
            options.RequestHeaders.Add("x-mock-*");
            options.ResponseHeaders.Add("x-mock-*");
        }
    }

    private void Own(IDisposable owned) => _owned.Push(new AsyncOwner(owned));

    private sealed class AsyncOwner(IDisposable owned) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            owned.Dispose();
            return default;
        }
    }
}
