using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Gateway;
using CredentialProxy.Gateway.Connections;
using CredentialProxy.ServiceDefaults.Configuration;

namespace CredentialProxy.Standalone;

/// <summary>Every setting that stands in a section. All are read before anything is opened, so that a wrong one leaves nothing behind.</summary>
internal sealed record Settings
{
    public required GatewayOptions Gateway { get; init; }

    public required ConnectionOptions Connections { get; init; }

    public required PricingOptions Pricing { get; init; }

    public required QuotaLedgerOptions Ledger { get; init; }

    public required AccountSettings Accounts { get; init; }

    public required ObjectOwnersOptions ObjectOwners { get; init; }

    public required SessionTokenSettings SessionTokens { get; init; }

    /// <summary>By the provider's name.</summary>
    public required Dictionary<string, ProviderOptions> Providers { get; init; }

    /// <summary>Reads them.</summary>
    /// <exception cref="StartupException">One is wrong; the message names it and says what is allowed.</exception>
    public static Settings Read(IConfiguration configuration)
    {
        var settings = ReadSections(configuration);
        const string Timeout = $"{GatewayOptions.Section}:{nameof(GatewayOptions.RequestTimeoutSeconds)}";
        // Beyond, a request would run on while nothing is held for it, and while its place among those at a time is free again.
        return configuration[Timeout] is not null && TimeSpan.FromSeconds(settings.Gateway.RequestTimeoutSeconds) > settings.Ledger.ReservationLifetime
            ? throw new StartupException($"The setting {Timeout} is not valid: it must be at most {QuotaLedgerOptions.Section}:{nameof(QuotaLedgerOptions.ReservationLifetime)}, which is {settings.Ledger.ReservationLifetime}.")
            : settings;
    }

    private static Settings ReadSections(IConfiguration configuration) => new()
    {
        Gateway = SettingsReader.Read<GatewayOptions>(configuration, GatewayOptions.Section),
        Connections = SettingsReader.Read<ConnectionOptions>(configuration, ConnectionOptions.Section),
        Pricing = SettingsReader.Read<PricingOptions>(configuration, PricingOptions.Section),
        Ledger = SettingsReader.Read<QuotaLedgerOptions>(configuration, QuotaLedgerOptions.Section),
        Accounts = SettingsReader.Read<AccountSettings>(configuration, AccountSettings.Section),
        ObjectOwners = SettingsReader.Read<ObjectOwnersOptions>(configuration, ObjectOwnersOptions.Section),
        SessionTokens = SettingsReader.Read<SessionTokenSettings>(configuration, SessionTokenSettings.Section),
        Providers = configuration.GetSection(ProviderOptions.Section).GetChildren()
            .ToDictionary(provider => provider.Key.ToLowerInvariant(), provider => SettingsReader.Read<ProviderOptions>(configuration, provider.Path)),
    };
}
