namespace CredentialProxy.Admin.Recording.Streams;

/// <summary>What the recorder logs.</summary>
internal static partial class RecorderLog
{
    [LoggerMessage(6101, LogLevel.Error, "{Waiting} usage entries wait in Redis, more than {AlarmAbove}: Postgres is away or too slow. None is dropped; see that Redis does not run out of memory")]
    public static partial void TooMany(ILogger logger, long waiting, long alarmAbove);

    [LoggerMessage(6102, LogLevel.Information, "The usage entries that wait in Redis are {Waiting}, no longer too many")]
    public static partial void FewAgain(ILogger logger, long waiting);

    [LoggerMessage(6108, LogLevel.Error, "Redis uses {UsedBytes} of the {LimitBytes} bytes that it may (maxmemory). When they are used up it takes no writes and requests are refused: give it more, or see why usage waits in it")]
    public static partial void ShortOfMemory(ILogger logger, long usedBytes, long limitBytes);

    [LoggerMessage(6109, LogLevel.Information, "Redis uses {UsedBytes} of the {LimitBytes} bytes that it may, no longer too many")]
    public static partial void EnoughMemory(ILogger logger, long usedBytes, long limitBytes);

    [LoggerMessage(6103, LogLevel.Error, "Usage entry {Entry} can't be read and was put aside in {DeadLetters}: {Reason}")]
    public static partial void Buried(ILogger logger, string entry, string deadLetters, string reason);

    [LoggerMessage(6104, LogLevel.Warning, "Usage can't be written at present, and waits in Redis: {Reason}")]
    public static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(6105, LogLevel.Information, "Usage is written again")]
    public static partial void Works(ILogger logger);

    [LoggerMessage(6107, LogLevel.Error, "Recording failed by a fault of ours; it is tried again, and usage waits in Redis")]
    public static partial void Fault(ILogger logger, Exception exception);

    [LoggerMessage(6106, LogLevel.Information, "Took over {Count} usage entries of a control plane that did not see to them")]
    public static partial void Claimed(ILogger logger, int count);
}
