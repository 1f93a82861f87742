using CredentialProxy.Core.Objects.Redis;
using Npgsql;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Ownership;

/// <summary>
/// Keeps the oldest changes of the stream in Postgres, and only then removes them from it: should we end between the two, they are known again by their numbers. One that can't be kept whatever is
/// done is put aside, so that it holds up nobody and is not lost.
/// </summary>
internal sealed class OwnerRecording(OwnerStream stream, OwnerRows rows, OwnershipMeters meters, ILogger<OwnerRecording> logger)
{
    /// <summary>Records the oldest, at most so many; answers how many there were.</summary>
    public async Task<int> RecordAsync(int most, CancellationToken cancellationToken)
    {
        if (await stream.CountAsync() == 0)
        {
            return 0;
        }
        StreamEntry[] taken = [];
        var unreadable = new List<(StreamEntry Entry, string Reason)>();
        try
        {
            var recorded = await rows.KeepAsync(
                async () =>
                {
                    taken = await stream.ReadAsync(most);
                    return Read(taken, unreadable);
                },
                cancellationToken);
            meters.Recorded(recorded);
        }
        catch (PostgresException e) when (IsOfContent(e) && taken.Length > 0)
        {
            if (taken.Length > 1)
            {
                // One of them it is; the first half tells whether it is among them. The others keep their order.
                return await RecordAsync(taken.Length / 2, cancellationToken);
            }
            unreadable.Add((taken[0], $"it can't be written: {e.SqlState}"));
        }
        foreach (var (entry, reason) in unreadable)
        {
            await stream.BuryAsync(entry);
            meters.Buried();
            OwnershipLog.Buried(logger, $"{entry.Id}", $"{stream.DeadLetters}", reason);
        }
        await stream.RemoveAsync([.. taken.Select(entry => entry.Id)]);
        return taken.Length;
    }

    private static List<StreamedOwner> Read(StreamEntry[] entries, List<(StreamEntry Entry, string Reason)> unreadable)
    {
        var changes = new List<StreamedOwner>(entries.Length);
        foreach (var entry in entries)
        {
            try
            {
                changes.Add(StreamedOwner.Read(entry));
            }
            catch (FormatException e)
            {
                unreadable.Add((entry, e.Message));
            }
        }
        return changes;
    }

    // Classes 22 and 23, and what is too long for an index: what was to be written is at fault, and will be next time.
    private static bool IsOfContent(PostgresException e) => e.SqlState.StartsWith("22", StringComparison.Ordinal) || e.SqlState.StartsWith("23", StringComparison.Ordinal) || e.SqlState == PostgresErrorCodes.ProgramLimitExceeded;
}
