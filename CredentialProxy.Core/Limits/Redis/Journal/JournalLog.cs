using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Limits.Redis.Journal;

/// <summary>What the journal logs.</summary>
internal static partial class JournalLog
{
    [LoggerMessage(EventId = 3130, Level = LogLevel.Warning, Message = "The journal holds {Count} settled requests of a gateway that ended before Redis had them; they are settled as soon as Redis takes them")]
    public static partial void Found(ILogger logger, int count);

    [LoggerMessage(EventId = 3131, Level = LogLevel.Warning, Message = "The last {Bytes} bytes of the journal are no whole entry: the gateway ended while it wrote them. They were cut off")]
    public static partial void Torn(ILogger logger, long bytes);

    [LoggerMessage(EventId = 3132, Level = LogLevel.Error, Message = "An entry of the journal can't be read and is left out. {Reason}")]
    public static partial void Unreadable(ILogger logger, string reason);

    [LoggerMessage(EventId = 3133, Level = LogLevel.Error,
        Message = "The journal can't keep settled requests: {Reason}. They are in memory alone until Redis takes them. See that CREDENTIAL_PROXY_DATA has room and can be written")]
    public static partial void CannotKeep(ILogger logger, Exception? exception, string reason);

    [LoggerMessage(EventId = 3134, Level = LogLevel.Information, Message = "Redis has everything that the journal held; it is empty again")]
    public static partial void Emptied(ILogger logger);

    [LoggerMessage(EventId = 3135, Level = LogLevel.Information, Message = "Settled {Count} requests that the journal held")]
    public static partial void Settled(ILogger logger, int count);

    [LoggerMessage(EventId = 3136, Level = LogLevel.Error, Message = "What the journal holds can't be settled. It is tried again, and stays in the journal")]
    public static partial void CannotSettle(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 3137, Level = LogLevel.Information,
        Message = "CREDENTIAL_PROXY_DATA is not set, so there is no journal: usage records of what is settled while Redis is away are lost should this gateway be killed before it is back. Their budget is spent all the same")]
    public static partial void None(ILogger logger);
}
