using CredentialProxy.Core.Limits.Redis.Entries;
using CredentialProxy.Core.Usage;
using Npgsql;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Recording.Streams;

/// <summary>
/// Keeps entries of the stream in Postgres, and only then removes them from it. One that can't be read, or that Postgres will not have whatever is done, is put aside, so that it holds up
/// nobody and is not lost.
/// </summary>
internal sealed class StreamRecording(UsageStream stream, StreamedUsageWriter writer, RecorderMeters meters, ILogger<StreamRecording> logger)
{
    /// <summary>Keeps and removes entries. After a failure it may be called again with the same: what is kept already counts once.</summary>
    public async Task RecordAsync(IReadOnlyCollection<StreamEntry> entries, CancellationToken cancellationToken)
    {
        var readable = new List<(StreamEntry Entry, StreamedUsage Usage)>(entries.Count);
        var unreadable = new List<(StreamEntry Entry, string Reason)>();
        foreach (var entry in entries)
        {
            try
            {
                readable.Add((entry, StreamedUsage.Read(entry)));
            }
            catch (FormatException e)
            {
                unreadable.Add((entry, e.Message));
            }
        }
        await KeepAsync(readable, cancellationToken);
        // Afterwards: putting aside takes memory, which a Redis that is full of entries gets by removing those that are kept.
        foreach (var (entry, reason) in unreadable)
        {
            await BuryAsync(entry, reason);
        }
    }

    private async Task KeepAsync(List<(StreamEntry Entry, StreamedUsage Usage)> entries, CancellationToken cancellationToken)
    {
        if (entries.Count == 0)
        {
            return;
        }
        using var trace = RecordTrace.Begin(entries.Select(entry => entry.Usage.Record).OfType<UsageRecord>(), "postgresql");
        try
        {
            var batch = new StreamedBatch([.. entries.Select(entry => entry.Usage)]);
            var written = await writer.WriteAsync(batch, cancellationToken);
            meters.Wrote(written, batch.Records.Count() - written);
        }
        catch (Exception e) when (!IsOfContent(e) && trace is not null)
        {
            trace.Fail(e.GetType());
            throw;
        }
        catch (Exception e) when (IsOfContent(e))
        {
            // The halves tell what became of each.
            trace?.Fail(e.GetType());
            trace?.Dispose();
            if (entries.Count == 1)
            {
                await BuryAsync(entries[0].Entry, $"it can't be written: {(e as PostgresException)?.SqlState ?? e.GetType().Name}");
                return;
            }
            // One of them it is; the others must not wait for it.
            await KeepAsync(entries[..(entries.Count / 2)], cancellationToken);
            await KeepAsync(entries[(entries.Count / 2)..], cancellationToken);
            return;
        }
        await stream.RemoveAsync([.. entries.Select(entry => entry.Entry.Id)]);
    }

    private async Task BuryAsync(StreamEntry entry, string reason)
    {
        await stream.BuryAsync(entry);
        meters.Buried();
        RecorderLog.Buried(logger, $"{entry.Id}", $"{stream.DeadLetters}", reason);
    }

    // Classes 22 and 23, and a time that is none: what was to be written is at fault, and will be next time.
    private static bool IsOfContent(Exception e) => e is ArgumentException
        || (e is PostgresException answer && (answer.SqlState.StartsWith("22", StringComparison.Ordinal) || answer.SqlState.StartsWith("23", StringComparison.Ordinal)));
}
