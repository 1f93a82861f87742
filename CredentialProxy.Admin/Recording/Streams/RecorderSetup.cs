using System.Security.Cryptography;
using CredentialProxy.Core.Limits.Redis;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Recording.Streams;

/// <summary>Puts the recorder into a host.</summary>
internal static class RecorderSetup
{
    /// <summary>
    /// Adds the recorder and its health check. The host must also hold what <see cref="UsageSetup.AddPostgresStorage"/> adds, and a <see cref="TimeProvider"/>. The connection is made with
    /// <see cref="RedisConnection.Configure"/>.
    /// </summary>
    public static IServiceCollection AddUsageRecorder(this IServiceCollection services, IConnectionMultiplexer redis, RedisQuotaOptions quotas, RecorderOptions options)
    {
        services.AddMetrics();
        services.AddHealthChecks().AddCheck<RecorderHealth>("recorder");
        return services
            .AddSingleton(options)
            .AddSingleton(new UsageStream(redis, quotas, $"{Environment.MachineName}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}"))
            .AddSingleton<RecorderMeters>()
            .AddSingleton<RecorderHealth>()
            .AddSingleton<StreamedUsageWriter>()
            .AddSingleton<StreamRecording>()
            .AddHostedService<StreamRecorder>();
    }
}
