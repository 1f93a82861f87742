using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Gateway.Connections;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.Telemetry;

namespace CredentialProxy.Gateway.Hosting;

/// <summary>Every setting that stands in a section and concerns a gateway, in a process of its own or not.</summary>
public record GatewaySettings
{
    /// <summary>The gateway's own.</summary>
    public required GatewayOptions Gateway { get; init; }

    /// <summary>Of connections.</summary>
    public required ConnectionOptions Connections { get; init; }

    /// <summary>Of prices.</summary>
    public required PricingOptions Pricing { get; init; }

    /// <summary>Of the ledger.</summary>
    public required QuotaLedgerOptions Ledger { get; init; }

    /// <summary>Of what is remembered of stored objects.</summary>
    public required ObjectOwnersOptions ObjectOwners { get; init; }

    /// <summary>Of session tokens.</summary>
    public required SessionTokenSettings SessionTokens { get; init; }

    /// <summary>Of telemetry.</summary>
    public required TelemetryOptions Telemetry { get; init; }

    /// <summary>Of providers, by the provider's name.</summary>
    public required Dictionary<string, ProviderOptions> Providers { get; init; }

    /// <summary>Reads them.</summary>
    /// <exception cref="StartupException">One is wrong; the message names it and says what is allowed.</exception>
    public static GatewaySettings Read(IConfiguration configuration)
    {
        var settings = ReadSections(configuration);
        const string Timeout = $"{GatewayOptions.Section}:{nameof(GatewayOptions.RequestTimeoutSeconds)}";
        // Beyond, a request would run on while nothing is held for it, and while its place among those at a time is free again.
        return configuration[Timeout] is not null && TimeSpan.FromSeconds(settings.Gateway.RequestTimeoutSeconds) > settings.Ledger.ReservationLifetime
            ? throw new StartupException($"The setting {Timeout} is not valid: it must be at most {QuotaLedgerOptions.Section}:{nameof(QuotaLedgerOptions.ReservationLifetime)}, which is {settings.Ledger.ReservationLifetime}.")
            : settings;
    }

    private static GatewaySettings ReadSections(IConfiguration configuration) => new()
    {
        Gateway = SettingsReader.Read<GatewayOptions>(configuration, GatewayOptions.Section),
        Connections = SettingsReader.Read<ConnectionOptions>(configuration, ConnectionOptions.Section),
        Pricing = SettingsReader.Read<PricingOptions>(configuration, PricingOptions.Section),
        Ledger = SettingsReader.Read<QuotaLedgerOptions>(configuration, QuotaLedgerOptions.Section),
        ObjectOwners = SettingsReader.Read<ObjectOwnersOptions>(configuration, ObjectOwnersOptions.Section),
        SessionTokens = SettingsReader.Read<SessionTokenSettings>(configuration, SessionTokenSettings.Section),
        Telemetry = SettingsReader.Read<TelemetryOptions>(configuration, TelemetryOptions.Section),
        Providers = ReadProviders(configuration),
    };

    /// <summary>Reads those of providers.</summary>
    /// <exception cref="StartupException">One is wrong.</exception>
    public static Dictionary<string, ProviderOptions> ReadProviders(IConfiguration configuration) => configuration.GetSection(ProviderOptions.Section).GetChildren()
        .ToDictionary(provider => provider.Key.ToLowerInvariant(), provider => SettingsReader.Read<ProviderOptions>(configuration, provider.Path));
}
