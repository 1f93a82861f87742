using System.Buffers;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Limits.Redis.Journal;

/// <summary>
/// Keeps in a file what a gateway settled and Redis could not take, so that it survives the gateway: whoever opens the file next settles it. While Redis takes everything the file is empty and
/// nothing touches it. When something is kept for the first time, what was settled before and Postgres may not have yet goes with it: a Redis that comes back may have forgotten that.
/// </summary>
public sealed class SettlementJournal : ISettlementJournal, IDisposable
{
    /// <summary>Entries written in one go, so that many take no memory twice.</summary>
    private const int MaxAtOnce = 1_000;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly JournalFile _file; // guarded by _turn
    private readonly HashSet<string> _waiting = []; // ids of requests that are in the file and that Redis does not have for certain; guarded by _turn
    private readonly RedisQuotaAuthority _authority;
    private readonly long _maxBytes;
    private readonly ILogger _logger;
    private readonly JournalMeters _meters;
    private volatile bool _holdsSomething;
    private bool _hasFailed; // guarded by _turn

    private SettlementJournal(JournalFile file, RedisQuotaAuthority authority, RedisQuotaOptions options, ILogger logger)
    {
        (_file, _authority, _maxBytes, _logger) = (file, authority, options.MaxJournalBytes, logger);
        _meters = new JournalMeters(() => _file.Length);
    }

    /// <summary>What a gateway that ended before it could settle it has left in the file, by the holder that it was.</summary>
    internal IReadOnlyList<(string Holder, Settlement[] Settlements)> Left { get; private set; } = [];

    /// <summary>Opens the journal of a gateway.</summary>
    /// <param name="path">Its file; made where it isn't there.</param>
    /// <param name="authority">The accounts that it stands in for.</param>
    /// <param name="options">Settings.</param>
    /// <param name="logger">A log.</param>
    /// <exception cref="IOException">It can't be read or written, or another process has it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static SettlementJournal Open(string path, RedisQuotaAuthority authority, RedisQuotaOptions options, ILogger<SettlementJournal> logger)
    {
        var file = JournalFile.Open(path, out var entries, out var torn);
        if (torn > 0)
            JournalLog.Torn(logger, torn);
        var journal = new SettlementJournal(file, authority, options, logger);
        journal.TakeUp(entries);
        return journal;
    }

    /// <summary>Says in the log that a gateway has no journal, and what that means.</summary>
    public static void SayThatThereIsNone(ILogger<SettlementJournal> logger) => JournalLog.None(logger);

    /// <inheritdoc/>
    public async ValueTask<bool> KeepAsync(IReadOnlyList<Settlement> settlements)
    {
        await _turn.WaitAsync();
        try
        {
            var isFirst = _waiting.Count == 0;
            var isKept = await TryAppendAsync([.. settlements.Where(settlement => !_waiting.Contains(settlement.Record.RequestId))], isWaiting: true);
            if (isFirst && isKept)
                await TryAppendAsync(_authority.Sent, isWaiting: false);
            return isKept;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask ForgetAsync(IReadOnlyList<Settlement> settlements)
    {
        if (!_holdsSomething)
            return;
        await _turn.WaitAsync();
        try
        {
            foreach (var settlement in settlements)
                _waiting.Remove(settlement.Record.RequestId);
            if (_waiting.Count == 0)
                Empty();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>All that was left is settled: it takes up no memory any longer.</summary>
    internal void ForgetLeft() => Left = [];

    /// <summary>Lets go of the file; what it holds stays.</summary>
    public void Dispose()
    {
        _meters.Dispose();
        _file.Dispose();
        _turn.Dispose();
    }

    private void TakeUp(IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        var left = new List<JournalEntry>(entries.Count);
        foreach (var bytes in entries)
        {
            try
            {
                var entry = JournalEntry.Read(bytes);
                if (_waiting.Add(entry.Settlement.Record.RequestId))
                    left.Add(entry);
            }
            catch (FormatException exception)
            {
                JournalLog.Unreadable(_logger, exception.Message);
            }
        }

        _holdsSomething = entries.Count > 0;
        if (_holdsSomething && left.Count == 0)
            Empty();
        Left = [.. left.GroupBy(entry => entry.Holder, entry => entry.Settlement).Select(group => (group.Key, group.ToArray()))];
        if (left.Count > 0)
            JournalLog.Found(_logger, left.Count);
    }

    private async Task<bool> TryAppendAsync(IReadOnlyList<Settlement> settlements, bool isWaiting)
    {
        foreach (var some in settlements.Chunk(MaxAtOnce))
        {
            try
            {
                if (!await TryAppendAsync(some))
                    return Failed(some.Length, $"it would be larger than Redis:MaxJournalBytes, which is {_maxBytes}", null);
            }
#pragma warning disable CA1031 // Whatever it is, the writer of settlements must not end over it: it has them in memory, and goes on trying to settle them.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                return Failed(some.Length, exception.Message, exception);
            }

            if (isWaiting)
                _waiting.UnionWith(some.Select(settlement => settlement.Record.RequestId));
            _meters.Kept(some.Length);
        }

        return true;
    }

    private async Task<bool> TryAppendAsync(Settlement[] settlements)
    {
        var (framed, holder) = (new ArrayBufferWriter<byte>(), _authority.LastHolder);
        foreach (var settlement in settlements)
            JournalFile.Frame(new JournalEntry(holder, settlement).Write(), framed);
        if (_file.Length + framed.WrittenCount > _maxBytes)
            return false;
        _holdsSomething = true;
        await _file.AppendAsync(framed.WrittenMemory);
        return true;
    }

    // Once until something could be kept again from the begin: a full disk stays full for a while, and each batch tries.
    private bool Failed(int count, string reason, Exception? exception)
    {
        _meters.Failed(count);
        if (!_hasFailed)
            JournalLog.CannotKeep(_logger, exception, reason);
        _hasFailed = true;
        return false;
    }

    private void Empty()
    {
        try
        {
            if (_file.Length > 0)
                JournalLog.Emptied(_logger);
            _file.Clear();
            _holdsSomething = _hasFailed = false;
        }
        catch (IOException exception)
        {
            // Settled again they change nothing.
            Failed(0, exception.Message, exception);
        }
    }
}
