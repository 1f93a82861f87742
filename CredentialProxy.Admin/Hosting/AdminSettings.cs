using System.Globalization;
using CredentialProxy.Admin.Keeping;
using CredentialProxy.Admin.Projecting;
using CredentialProxy.Admin.Rebuilding;
using CredentialProxy.Admin.Reconciling;
using CredentialProxy.Admin.Recording.Streams;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Tokens;
using CredentialProxy.ServiceDefaults.Configuration;

namespace CredentialProxy.Admin.Hosting;

/// <summary>Every setting of a control plane of its own that stands in a section.</summary>
internal sealed record AdminSettings
{
    private const string HostedToolCallsName = "Gateway:HostedToolCalls";

    public required PostgresOptions Postgres { get; init; }

    public required UsageKeepingOptions UsageKeeping { get; init; }

    public required KeepingOptions Keeping { get; init; }

    public required RecorderOptions Recorder { get; init; }

    public required RebuildingOptions Rebuilding { get; init; }

    public required ReconcilingOptions Reconciling { get; init; }

    public required ProjectionOptions Projection { get; init; }

    public required PricingOptions Pricing { get; init; }

    /// <summary>The gateways' own setting, so that quotes reckon as they do.</summary>
    public required int HostedToolCalls { get; init; }

    public required RedisQuotaOptions Redis { get; init; }

    public required SessionTokenSettings SessionTokens { get; init; }

    public required ObjectOwnersOptions ObjectOwners { get; init; }

    /// <summary>By the provider's name.</summary>
    public required Dictionary<string, ProviderOptions> Providers { get; init; }

    /// <summary>Reads them.</summary>
    /// <exception cref="StartupException">One is wrong; the message names it and says what is allowed.</exception>
    public static AdminSettings Read(IConfiguration configuration) => new()
    {
        Postgres = SettingsReader.Read<PostgresOptions>(configuration, PostgresOptions.Section),
        UsageKeeping = SettingsReader.Read<UsageKeepingOptions>(configuration, UsageKeepingOptions.Section),
        Keeping = SettingsReader.Read<KeepingOptions>(configuration, KeepingOptions.Section),
        Recorder = SettingsReader.Read<RecorderOptions>(configuration, RecorderOptions.Section),
        Rebuilding = SettingsReader.Read<RebuildingOptions>(configuration, RebuildingOptions.Section),
        Reconciling = SettingsReader.Read<ReconcilingOptions>(configuration, ReconcilingOptions.Section),
        HostedToolCalls = ReadHostedToolCalls(configuration),
        Pricing = SettingsReader.Read<PricingOptions>(configuration, PricingOptions.Section),
        Projection = SettingsReader.Read<ProjectionOptions>(configuration, ProjectionOptions.Section),
        Redis = SettingsReader.Read<RedisQuotaOptions>(configuration, RedisQuotaOptions.Section),
        SessionTokens = SettingsReader.Read<SessionTokenSettings>(configuration, SessionTokenSettings.Section),
        ObjectOwners = SettingsReader.Read<ObjectOwnersOptions>(configuration, ObjectOwnersOptions.Section),
        Providers = configuration.GetSection(ProviderOptions.Section).GetChildren()
            .ToDictionary(provider => provider.Key.ToLowerInvariant(), provider => SettingsReader.Read<ProviderOptions>(configuration, provider.Path)),
    };

    // Of the gateways' section this alone concerns a control plane.
    private static int ReadHostedToolCalls(IConfiguration configuration)
    {
        if (configuration[HostedToolCallsName] is not { Length: > 0 } text)
        {
            return new AdminOptions { AdminKeyHash = default }.HostedToolCalls;
        }
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var calls) && calls is >= 1 and <= AdminOptions.MostHostedToolCalls
            ? calls
            : throw new StartupException($"The setting {HostedToolCallsName} is not valid: it must be a whole number from 1 to {AdminOptions.MostHostedToolCalls}.");
    }
}
