namespace CredentialProxy.Admin.Ownership;

/// <summary>What is logged of owners of stored objects.</summary>
internal static partial class OwnershipLog
{
    [LoggerMessage(6601, LogLevel.Error, "Who made which stored object was lost in Redis, or went back in time; it is put back as epoch {Epoch}, and no stored object can be used until then")]
    public static partial void Began(ILogger logger, string epoch);

    [LoggerMessage(6602, LogLevel.Warning, "Who made which stored object was put back in Redis as epoch {Epoch}: {Objects} objects out of Postgres in {Seconds:0.0} s")]
    public static partial void Ended(ILogger logger, string epoch, int objects, double seconds);

    [LoggerMessage(6603, LogLevel.Information, "Who made which stored object is kept from now on, with epoch {Epoch}: Postgres never knew of any")]
    public static partial void Begins(ILogger logger, string epoch);

    [LoggerMessage(6604, LogLevel.Warning, "Who made which stored object can't be recorded, or put back, at present, and waits in Redis: {Reason}")]
    public static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(6605, LogLevel.Information, "Who made which stored object is recorded again")]
    public static partial void Works(ILogger logger);

    [LoggerMessage(6606, LogLevel.Error, "Recording or putting back who made which stored object failed by a fault of ours; it is tried again")]
    public static partial void Fault(ILogger logger, Exception exception);

    [LoggerMessage(6607, LogLevel.Error, "{Waiting} changes of who made which stored object wait in Redis, more than {AlarmAbove}: Postgres is away or too slow. Beyond Objects:MaxWaiting no new one is taken")]
    public static partial void TooMany(ILogger logger, long waiting, long alarmAbove);

    [LoggerMessage(6608, LogLevel.Information, "The changes of who made which stored object that wait in Redis are {Waiting}, no longer too many")]
    public static partial void FewAgain(ILogger logger, long waiting);

    [LoggerMessage(6609, LogLevel.Error, "Entry {Entry} of who made which stored object can't be kept and was put aside in {DeadLetters}: {Reason}")]
    public static partial void Buried(ILogger logger, string entry, string deadLetters, string reason);
}
