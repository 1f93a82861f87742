using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Objects.Redis;

/// <summary>What owners of objects in Redis log.</summary>
internal static partial class OwnersLog
{
    [LoggerMessage(1311, LogLevel.Error, "Redis has lost who made which stored object, of epoch {Epoch}, or gone back in time: no stored object can be used until the control plane has put that back")]
    public static partial void Lost(ILogger logger, string epoch);

    [LoggerMessage(1312, LogLevel.Warning, "Said again {Changes} changes of who made which stored object, as owners are put back as epoch {Epoch}")]
    public static partial void SaidAgain(ILogger logger, int changes, string epoch);

    [LoggerMessage(1313, LogLevel.Warning, "Changes of who made which stored object can't be written at present; {Changes} are kept in memory and written later. {Reason}")]
    public static partial void NotWritten(ILogger logger, int changes, string reason);

    [LoggerMessage(1314, LogLevel.Information, "Changes of who made which stored object are written again")]
    public static partial void Written(ILogger logger);

    [LoggerMessage(1315, LogLevel.Error, "More than Objects:MaxKeptChanges ({Most}) changes of who made which stored object are not in Postgres yet: older ones are let go of. See that the control plane records")]
    public static partial void Dropping(ILogger logger, int most);

    [LoggerMessage(1316, LogLevel.Error, "The process ends, and {Changes} changes of who made which stored object were not written: those objects can't be used through a gateway")]
    public static partial void Abandoned(ILogger logger, int changes);
}
