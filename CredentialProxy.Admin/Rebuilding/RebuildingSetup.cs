using CredentialProxy.Core.Limits.Redis;
using Npgsql;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Rebuilding;

/// <summary>Puts the rebuilding of lost accounts into a host.</summary>
internal static class RebuildingSetup
{
    /// <summary>Adds it. The host must also hold what <see cref="Recording.Streams.RecorderSetup.AddUsageRecorder"/> and <see cref="Recording.UsageSetup.AddPostgresStorage"/> add.</summary>
    public static IServiceCollection AddAccountRebuilding(this IServiceCollection services, IConnectionMultiplexer redis, RedisQuotaOptions quotas, RebuildingOptions options) => services
        .AddSingleton(options)
        .AddSingleton(quotas)
        .AddSingleton<RebuildingMeters>()
        .AddSingleton(provider => new SpentCounters(provider.GetRequiredService<NpgsqlDataSource>()))
        .AddSingleton(provider => new LostAccounts(redis, quotas, provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<AccountRebuilder>()
        .AddHostedService(provider => provider.GetRequiredService<AccountRebuilder>());
}
