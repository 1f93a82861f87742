using Microsoft.Extensions.Configuration;

namespace CredentialProxy.ServiceDefaults.Configuration;

/// <summary>Names of connection strings.</summary>
public static class ConnectionNames
{
    /// <summary>Redis (or Valkey), for gateways and the control plane.</summary>
    public const string Redis = "redis";

    /// <summary>Settings that hold a connection string, which may hold a password.</summary>
    public static IReadOnlyList<string> Secrets { get; } = ["ConnectionStrings:redis", "ConnectionStrings:postgres"];

    /// <summary>The connection string of Redis, made into what its client takes.</summary>
    /// <exception cref="StartupException">There is none, or it makes no sense; the message does not repeat it, for it may hold a password.</exception>
    public static T ReadRedis<T>(IConfiguration configuration, Func<string, T> parse)
    {
        if (configuration.GetConnectionString(Redis) is not { Length: > 0 } text)
        {
            throw new StartupException($"The setting ConnectionStrings:{Redis} is missing: set ConnectionStrings__{Redis} to something like 'redis:6379' or 'redis:6379,password=…'.");
        }
        try
        {
            return parse(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new StartupException($"The setting ConnectionStrings:{Redis} is not valid: it must be something like 'redis:6379' or 'redis-1:6379,redis-2:6379,password=…,ssl=true'.");
        }
    }
}
