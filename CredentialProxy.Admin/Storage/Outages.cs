using System.Net.Sockets;
using Npgsql;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Storage;

/// <summary>What may go wrong with work that is done again and again, and is no fault of ours.</summary>
internal static class Outages
{
    /// <summary>Whether it is Postgres' or Redis' failure, or the way's to them, so that it is worth no more than a line.</summary>
    public static bool IsOne(Exception exception) => exception is NpgsqlException or RedisException or RedisTimeoutException or RedisCommandException or SocketException or TimeoutException
        || (exception is InvalidOperationException && exception.InnerException is NpgsqlException);
}
