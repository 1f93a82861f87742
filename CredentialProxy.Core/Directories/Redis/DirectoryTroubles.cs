using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Directories.Redis;

/// <summary>What keeps a gateway from the directory in Redis.</summary>
internal enum DirectoryTrouble
{
    /// <summary>Nothing does.</summary>
    None,

    /// <summary>Redis does not answer.</summary>
    Unreachable,

    /// <summary>There is no directory in it.</summary>
    Missing,

    /// <summary>A fault of ours.</summary>
    Failed,
}

/// <summary>Says what the trouble is, once and not with every attempt, and for how long Redis has been silent. Noted by one task; anybody may ask.</summary>
internal sealed class DirectoryTroubles(TimeProvider time, ILogger logger)
{
    private DirectoryTrouble _last;
    private long _silentSince = Math.Max(1, time.GetTimestamp()); // 0 while Redis answers

    /// <summary>For how long Redis has not answered; zero while it does.</summary>
    public TimeSpan Silence => Volatile.Read(ref _silentSince) is var since and not 0 ? time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Redis has answered.</summary>
    public void Answered() => Volatile.Write(ref _silentSince, 0);

    /// <summary>Notes how an attempt went.</summary>
    public void Note(DirectoryTrouble trouble, Exception? cause = null)
    {
        if (trouble == DirectoryTrouble.Unreachable)
        {
            Interlocked.CompareExchange(ref _silentSince, Math.Max(1, time.GetTimestamp()), 0);
        }
        if (trouble == _last)
        {
            return;
        }
        (var before, _last) = (_last, trouble);
        switch (trouble)
        {
            case DirectoryTrouble.Unreachable:
                DirectoryLog.Unreachable(logger, cause!.Message);
                break;
            case DirectoryTrouble.Failed:
                DirectoryLog.Failed(logger, cause!);
                break;
            case DirectoryTrouble.Missing:
                DirectoryLog.Missing(logger);
                break;
            default:
                if (before == DirectoryTrouble.Unreachable)
                {
                    DirectoryLog.Reached(logger);
                }
                break;
        }
    }
}
