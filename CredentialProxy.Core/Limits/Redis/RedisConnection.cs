using StackExchange.Redis;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>How a connection to accounts in Redis has to behave.</summary>
public static class RedisConnection
{
    /// <summary>How long an answer may take before its call counts as failed.</summary>
    private const int AnswerMs = 2_000;

    /// <summary>
    /// The settings of a connection string, made to fail at once while there is no connection: a request must be told that its accounts are unavailable,
    /// and a call that was never sent is known not to have been done. It connects by itself as soon as Redis is there, at the start as later.
    /// </summary>
    public static ConfigurationOptions Configure(string connectionString)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.AsyncTimeout = AnswerMs;
        // One command is called for which the library asks for it: CONFIG GET, to know what Redis keeps. What may be called is for Redis to say.
        options.AllowAdmin = true;
        return options;
    }
}
