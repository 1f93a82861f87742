using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>What the ledger logs.</summary>
internal static partial class LedgerLog
{
    [LoggerMessage(EventId = 3000, Level = LogLevel.Error,
        Message = "Settled usage can't be written; {Count} settlements are kept and tried again, requests are refused meanwhile")]
    public static partial void CannotWrite(ILogger logger, Exception exception, int count);

    [LoggerMessage(EventId = 3001, Level = LogLevel.Information, Message = "Settled usage is written again, {Count} settlements that had waited included")]
    public static partial void WritingAgain(ILogger logger, int count);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Error, Message = "Limits can't be leased from the accounts; requests are refused until they can")]
    public static partial void CannotLease(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Information, Message = "Limits can be leased from the accounts again")]
    public static partial void LeasingAgain(ILogger logger);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Warning,
        Message = "All {Most} counters that the ledger may keep are in use; requests on further ones are refused. Raise MaxCounters")]
    public static partial void TooManyCounters(ILogger logger, int most);

    [LoggerMessage(EventId = 3005, Level = LogLevel.Warning, Message = "{Count} reservations stayed open for too long or until the stop and were charged in full")]
    public static partial void ChargedInFull(ILogger logger, int count);

    [LoggerMessage(EventId = 3006, Level = LogLevel.Error, Message = "The owner of a reservation could not say what it was; it stays held")]
    public static partial void OwnerFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 3007, Level = LogLevel.Critical,
        Message = "The ledger stopped while the accounts could not be written: {Count} usage records are lost; what they charged counts as spent with their leases")]
    public static partial void Lost(ILogger logger, int count);

    [LoggerMessage(EventId = 3008, Level = LogLevel.Error, Message = "{Count} requests are over and had not settled what they held; they were charged in full. This should not happen")]
    public static partial void ChargedLeaked(ILogger logger, int count);

    [LoggerMessage(EventId = 3009, Level = LogLevel.Warning,
        Message = "The ledger stopped while the accounts could not be written: {Count} settlements stay in the journal, and are written by whoever is started with the same data directory")]
    public static partial void LeftToJournal(ILogger logger, int count);

    public static void Unwritten(ILogger logger, int count, bool isInJournal)
    {
        if (isInJournal)
            LeftToJournal(logger, count);
        else
            Lost(logger, count);
    }
}
