using CredentialProxy.Core.Limits.Redis;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Reconciling;

/// <summary>Puts the reconciler of leases into a host.</summary>
internal static class ReconcilingSetup
{
    /// <summary>Adds it. The host must also hold a <see cref="TimeProvider"/>.</summary>
    public static IServiceCollection AddLeaseReconciling(this IServiceCollection services, IConnectionMultiplexer redis, RedisQuotaOptions quotas, ReconcilingOptions options) => services
        .AddMetrics()
        .AddSingleton(options)
        .AddSingleton(provider => new PhantomLeases(redis, quotas, provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<LeaseReconciler>()
        .AddHostedService(provider => provider.GetRequiredService<LeaseReconciler>());
}
