using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Limits.Sqlite;

/// <summary>What the embedded accounts log.</summary>
internal static partial class SqliteLog
{
    [LoggerMessage(EventId = 3100, Level = LogLevel.Information,
        Message = "Accounts opened in {Path}; {ClosedLeases} leases of earlier runs that did not end properly count as spent")]
    public static partial void Opened(ILogger logger, string path, long closedLeases);

    [LoggerMessage(EventId = 3101, Level = LogLevel.Error,
        Message = "Accounts in {Path} can't be read or written; requests are refused until they can. {Reason}")]
    public static partial void Failed(ILogger logger, string path, string reason);
}
