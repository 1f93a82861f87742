namespace CredentialProxy.Admin.Rebuilding;

/// <summary>What is logged of rebuilding.</summary>
internal static partial class RebuildingLog
{
    [LoggerMessage(6201, LogLevel.Error, "Accounts in Redis were lost or went back in time; they are rebuilt as epoch {Epoch}, and no lease is given until then")]
    public static partial void Began(ILogger logger, string epoch);

    [LoggerMessage(6202, LogLevel.Warning, "Accounts in Redis were rebuilt as epoch {Epoch}: {Counters} counters out of Postgres, {Leases} leases out of what gateways hold")]
    public static partial void Ended(ILogger logger, string epoch, int counters, int leases);

    [LoggerMessage(6204, LogLevel.Information, "Accounts in Redis begin with epoch {Epoch}: there never were any")]
    public static partial void Begins(ILogger logger, string epoch);

    [LoggerMessage(6205, LogLevel.Error, "Looking after the accounts in Redis failed by a fault of ours; it is tried again")]
    public static partial void Fault(ILogger logger, Exception exception);

    [LoggerMessage(6203, LogLevel.Warning, "Whether Redis has lost accounts can't be found out, or they can't be rebuilt, at present: {Reason}")]
    public static partial void Failed(ILogger logger, string reason);
}
