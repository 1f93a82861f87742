using Npgsql;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Projecting;

/// <summary>What may go wrong with a projection that is no fault of ours.</summary>
internal static class ProjectionFailures
{
    /// <summary>Whether it is the database's or Redis' failure, or the way's to them, so that it is worth no more than a line.</summary>
    public static bool IsExpected(Exception exception) => exception is NpgsqlException or RedisException or RedisTimeoutException or RedisCommandException or ProjectionOvertakenException or TimeoutException
        || (exception is InvalidOperationException && exception.InnerException is NpgsqlException);
}
