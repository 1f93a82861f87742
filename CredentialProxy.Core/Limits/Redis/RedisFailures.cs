using StackExchange.Redis;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>What a failed call says about what was done.</summary>
internal static class RedisFailures
{
    /// <summary>Whether the failure is of Redis or the way to it, and no bug.</summary>
    public static bool IsUnavailable(Exception exception) => exception is RedisException or RedisTimeoutException or RedisCommandException or ObjectDisposedException;

    /// <summary>
    /// Whether the call may have been done all the same: it was on its way when the connection broke or no answer came in time. Redis' own errors come before a
    /// script has written anything.
    /// </summary>
    public static bool IsUncertain(Exception exception) => exception switch
    {
        RedisTimeoutException => true,
        RedisConnectionException { FailureType: ConnectionFailureType.UnableToResolvePhysicalConnection or ConnectionFailureType.UnableToConnect } => false,
        RedisConnectionException => true,
        _ => false,
    };

    /// <summary>What the caller is told.</summary>
    public static QuotaAuthorityUnavailableException Unavailable(Exception exception) => new($"The accounts in Redis can't be read or written: {exception.Message}", exception);

    /// <summary>What the caller is told when the scripts refuse.</summary>
    public static QuotaAuthorityUnavailableException Refused(string[] reply) => new(reply[0] switch
    {
        "lost" => "The accounts in Redis are not those that this gateway has worked with: they were lost, went back in time or were replaced. Nothing is let through on them until the control plane has rebuilt them.",
        "skewed" => $"The clock of this gateway differs from that of Redis by {reply[1]} ms.",
        _ => $"The accounts in Redis have refused a call: {reply[0]}.",
    });
}
