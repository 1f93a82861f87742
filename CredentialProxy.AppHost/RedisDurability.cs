#pragma warning disable ASPIRECERTIFICATES001 // WithoutHttpsCertificate may still change its name.

namespace CredentialProxy.AppHost;

/// <summary>What limits need of Redis: it holds the accounts.</summary>
internal static class RedisDurability
{
    /// <summary>As arguments of its command line; docs/operations.md has the reasons.</summary>
    public static IReadOnlyList<string> Arguments { get; } = ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"];

    /// <summary>Everything it answered is on its volume, and nothing is evicted. No TLS: what a developer runs stays on the developer's machine, and a cluster has its own.</summary>
    public static IResourceBuilder<RedisResource> ThatLosesNothing(this IResourceBuilder<RedisResource> redis) => redis.WithoutHttpsCertificate().WithArgs(context =>
    {
        if (context.ExecutionContext.IsRunMode)
        {
            foreach (var argument in Arguments)
            {
                context.Args.Add(argument);
            }
        }
        else
        {
            // Where it is deployed, the last argument is all of the shell's command.
            context.Args[^1] = $"{context.Args[^1]} {string.Join(' ', Arguments)}";
        }
    });
}
