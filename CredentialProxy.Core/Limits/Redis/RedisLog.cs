using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>What accounts in Redis log.</summary>
internal static partial class RedisLog
{
    [LoggerMessage(EventId = 3110, Level = LogLevel.Information, Message = "Entered in the accounts as {Holder}, epoch {Epoch}")]
    public static partial void Entered(ILogger logger, string holder, string epoch);

    [LoggerMessage(EventId = 3111, Level = LogLevel.Warning,
        Message = "{Holder} was not heard of in time: what it had leased counts as spent, and this gateway goes on under a new name")]
    public static partial void Expired(ILogger logger, string holder);

    [LoggerMessage(EventId = 3112, Level = LogLevel.Warning, Message = "Closed {Leases} leases of {Holder}, which has died: they count as spent")]
    public static partial void Closed(ILogger logger, string holder, int leases);

    [LoggerMessage(EventId = 3113, Level = LogLevel.Warning, Message = "No heartbeat reached the accounts. {Reason}")]
    public static partial void NoHeartbeat(ILogger logger, string reason);

    [LoggerMessage(EventId = 3114, Level = LogLevel.Warning, Message = "Call {Number} for leases has no answer; it is asked again until it has. {Reason}")]
    public static partial void Uncertain(ILogger logger, long number, string reason);

    [LoggerMessage(EventId = 3115, Level = LogLevel.Information, Message = "Call {Number} for leases has its answer after {Attempts} attempts")]
    public static partial void Certain(ILogger logger, long number, int attempts);

    [LoggerMessage(EventId = 3116, Level = LogLevel.Warning,
        Message = "Redis keeps no file that is on the disk, which Redis:RequiresAppendOnly allows: when it is restarted limits may be exceeded by what it forgets. Set 'appendonly yes' and 'appendfsync always' there")]
    public static partial void MayLose(ILogger logger);

    [LoggerMessage(EventId = 3117, Level = LogLevel.Error, Message = "Redis has lost accounts of epoch {Epoch} or gone back in time: no lease is given until the control plane has rebuilt them")]
    public static partial void Lost(ILogger logger, string epoch);

    [LoggerMessage(EventId = 3118, Level = LogLevel.Warning, Message = "Told the accounts that are rebuilt as epoch {Epoch} what this gateway holds")]
    public static partial void Reported(ILogger logger, string epoch);

    [LoggerMessage(EventId = 3119, Level = LogLevel.Error,
        Message = "The accounts were rebuilt as epoch {Epoch} without this gateway, which was away: what it had leased is not set aside in them, and may be spent beyond a limit")]
    public static partial void TooLate(ILogger logger, string epoch);

    [LoggerMessage(EventId = 3120, Level = LogLevel.Error, Message = "{Mistake} Until then nothing is let through")]
    public static partial void WrongSetup(ILogger logger, string mistake);

    [LoggerMessage(EventId = 3121, Level = LogLevel.Warning,
        Message = "Redis does not tell how it is set up (INFO is not allowed): see to it that it is version 7.0 or later, and has 'appendonly yes', 'appendfsync always' and 'maxmemory-policy noeviction'")]
    public static partial void NotTold(ILogger logger);

    [LoggerMessage(EventId = 3122, Level = LogLevel.Error,
        Message = "More than Redis:MaxKeptSettlements ({Most}) settled requests are not in Postgres yet: older ones are kept in Redis alone, and lost should it lose them. See that the control plane records")]
    public static partial void Dropping(ILogger logger, int most);

    [LoggerMessage(EventId = 3123, Level = LogLevel.Warning,
        Message = "Redis has its file on the disk up to two seconds after it answers ('appendfsync everysec'): a power failure that takes gateways with it may let limits be exceeded by what was spent in them. 'appendfsync always' keeps that from happening")]
    public static partial void FlushesLater(ILogger logger);

    [LoggerMessage(EventId = 3124, Level = LogLevel.Error,
        Message = "Leases of {Holder}, which has died, have names that this version does not know. They stay leased: a gateway of a later version has to close them")]
    public static partial void NotClosed(ILogger logger, string holder);
}
