using System.ComponentModel.DataAnnotations;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Limits.Redis.Journal;
using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Objects.Redis;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Vault;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.Hosting;
using CredentialProxy.ServiceDefaults.KeyRings;
using Microsoft.AspNetCore.DataProtection;
using StackExchange.Redis;
using Secret = CredentialProxy.Core.Vault.Secret;

namespace CredentialProxy.Gateway.Hosting;

/// <summary>A gateway in a process of its own. It knows Redis alone, starts whether that is there or not, and is ready once it is.</summary>
internal sealed class GatewayHost(IConfiguration configuration, Action<ILoggingBuilder> logging) : ServiceHost(configuration, logging)
{
    /// <summary>What holds where nothing is set: calls of the accounts in Redis serve many gateways, and an outage of it is ridden out on what is leased.</summary>
    public static readonly IReadOnlyDictionary<string, string?> Defaults = new Dictionary<string, string?>
    {
        [$"{QuotaLedgerOptions.Section}:{nameof(QuotaLedgerOptions.MaxBatch)}"] = "256",
        [$"{QuotaLedgerOptions.Section}:{nameof(QuotaLedgerOptions.OutageTolerance)}"] = "00:00:05",
        [$"{QuotaLedgerOptions.Section}:{nameof(QuotaLedgerOptions.MaxSettleDelay)}"] = "00:00:06",
    };

    private const int Port = 8080;

    /// <summary>What it knows, for tests that look at it.</summary>
    internal RedisDirectory Directory { get; private set; } = null!;

    /// <summary>The ledger, for tests that look at what it holds.</summary>
    internal QuotaLedger Ledger { get; private set; } = null!;

    /// <summary>Starts it; nothing is left running when it fails.</summary>
    /// <exception cref="StartupException">A setting is wrong, or the port is taken.</exception>
    public static Task<GatewayHost> StartAsync(IConfiguration configuration, Action<ILoggingBuilder> logging, CancellationToken cancellationToken) =>
        StartAsync(new GatewayHost(configuration, logging), cancellationToken);

    protected override async Task StartAsync(CancellationToken cancellationToken)
    {
        var settings = GatewaySettings.Read(Configuration);
        var directoryOptions = SettingsReader.Read<RedisDirectoryOptions>(Configuration, RedisDirectoryOptions.Section);
        var quotas = ReadQuotas(Configuration);
        var (address, port) = (ListeningPlace.ReadAddress(Configuration), ListeningPlace.ReadPort(Configuration, EnvironmentNames.GatewayPort, Port));
        var wrapping = RingWrapping.Read(Configuration);
        var catalog = ProviderCatalogBuilder.Build(settings.Providers);
        var prices = PriceTable.Load(settings.Pricing);
        // They are no secrets that a ring opens.
        var environment = EnvironmentCredentials.Read(settings.Providers, name => Configuration[name], new CredentialVault(new EphemeralDataProtectionProvider()));
        var connection = ConnectionNames.ReadRedis(Configuration, RedisConnection.Configure);

        var time = TimeProvider.System;
        var logs = Parts.Own(LoggerFactory.Create(Logging));
        var redis = Parts.Own(await ConnectionMultiplexer.ConnectAsync(connection));
        Directory = Parts.Own(new RedisDirectory(redis, quotas.Name, directoryOptions, elements => OpenRing(elements, wrapping, logs, time), environment, prices, time, logs.CreateLogger<RedisDirectory>()));
        var authority = Parts.Own(new RedisQuotaAuthority(redis, quotas, time, logs.CreateLogger<RedisQuotaAuthority>()));
        if (await authority.FindSetupMistakeAsync(cancellationToken) is { } mistake)
        {
            throw new StartupException(mistake);
        }
        var owners = Parts.Own(new RedisObjectOwners(redis, quotas, settings.ObjectOwners, time, logs.CreateLogger<RedisObjectOwners>()));
        var journal = GatewayJournal.Open(Configuration, authority, quotas, Parts, logs.CreateLogger<SettlementJournal>());
        Ledger = Parts.Own(new QuotaLedger(authority, settings.Ledger, time, logs.CreateLogger<QuotaLedger>(), journal));
        var verifier = OpenVerifier(settings.SessionTokens, time);
        var readiness = new GatewayReadiness(Directory, verifier, authority, Ledger, settings.Ledger, time);
        Readiness = new Readiness(_ => new(readiness.Trouble()));

        var app = Parts.Build(
            services =>
            {
                services.AddSingleton(time).AddSingleton(catalog).AddSingleton<IDirectory>(Directory).AddSingleton(Ledger).AddSingleton(verifier)
                    .AddSingleton(new GrantFactory(Directory, catalog))
                    .AddSingleton<IObjectOwners>(owners)
                    .AddSingleton<IHostedService>(readiness)
                    .AddSingleton<IHostedService>(new LeftSettlements(journal, authority, time, logs.CreateLogger<SettlementJournal>()))
                    .AddCredentialProxyGateway(settings.Gateway, settings.Connections, settings.Telemetry);
                Readiness.AddTo(services);
            },
            kestrel => kestrel.ConfigureGateway(address, port, settings.Connections, time));
        Readiness.Use(app);
        app.UseCredentialProxyGateway();
        Address = await Parts.RunAsync(app, EnvironmentNames.GatewayPort, port, cancellationToken);
        // Loads while nobody waits for it: a stream that is cut has its text counted.
        _ = Task.Run(UsageMeter.Warm, CancellationToken.None);
    }

    private SessionTokenVerifier OpenVerifier(SessionTokenSettings settings, TimeProvider time)
    {
        var shared = Configuration[EnvironmentNames.SigningSecret] is { Length: > 0 } text ? new Secret(text) : null;
        return shared is null || System.Text.Encoding.UTF8.GetByteCount(shared.Reveal()) >= SessionTokenOptions.MinSecretBytes
            ? new SessionTokenVerifier(settings.With(shared), time, () => Directory.SigningKeys)
            : throw new StartupException($"The setting {EnvironmentNames.SigningSecret} is not valid: it must have at least {SessionTokenOptions.MinSecretBytes} bytes.");
    }

    private static KeyRing OpenRing(IReadOnlyCollection<string> elements, RingWrapping wrapping, ILoggerFactory logs, TimeProvider time)
    {
        var keys = new ProjectedKeys();
        keys.Fill(elements);
        return new KeyRing(keys, wrapping, makesKeys: false, logs, time);
    }

    private static RedisQuotaOptions ReadQuotas(IConfiguration configuration)
    {
        var quotas = SettingsReader.Read<RedisQuotaOptions>(configuration, RedisQuotaOptions.Section);
        return Validator.TryValidateObject(quotas, new ValidationContext(quotas), null, validateAllProperties: true)
            ? quotas
            : throw new StartupException($"The setting {RedisQuotaOptions.Section}:{nameof(RedisQuotaOptions.Name)} is not valid: it must be 1 to 64 letters, digits, '_' or '-'.");
    }
}
