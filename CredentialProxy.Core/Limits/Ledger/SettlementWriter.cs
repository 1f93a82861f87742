using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>
/// Hands what was settled to the authority: at once when nothing was just before, otherwise together: full batches one after another, others at a bounded rate. What can't be written is kept and
/// tried again; the authority takes each request once. Where there is a journal it has what can't be written, and what is settled meanwhile.
/// </summary>
internal sealed class SettlementWriter(
    IQuotaAuthority authority, UnwrittenKeeper unwritten, ReservationBook book, AuthorityHealth health, QuotaLedgerOptions options, LedgerClock clock, ILogger logger)
{
    private readonly Signal _work = new();
    private readonly Signal _hurry = new();
    private readonly List<Reservation> _batch = new(options.MaxBatch);
    private readonly Lock _gate = new();
    private readonly List<(long Target, TaskCompletionSource Done)> _flushes = []; // guarded by _gate
    private bool _isEnded; // guarded by _gate
    private volatile bool _isStopping;
    private long _wroteAt;

    /// <summary>Whether what could not be written is all in the journal; looked at after the end.</summary>
    public bool HasKeptTheRest { get; private set; }

    public void Wake() => _work.Set();

    /// <summary>Writes what there is and ends; what can't be written then stays in the book.</summary>
    public void Stop()
    {
        _isStopping = true;
        _hurry.Set();
        _work.Set();
    }

    /// <summary>Completes when everything settled before is durable; throws <see cref="QuotaAuthorityUnavailableException"/> when it can't be written now.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var (settled, written) = book.Progress();
        if (written >= settled)
            return;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_isEnded)
                throw new QuotaAuthorityUnavailableException("The ledger has stopped.");
            _flushes.Add((settled, done));
        }

        _hurry.Set();
        // The batch may have been written between the look at the book and the entry in the list.
        EndFlushes(failure: null);
        await done.Task.WaitAsync(cancellationToken);
    }

    public async Task RunAsync()
    {
        while (true)
        {
            _work.Reset();
            if (book.HasSettled)
            {
                await PaceAsync();
                if (await WriteAsync())
                    continue;
                break;
            }

            if (_isStopping)
                break;
            await _work.WaitAsync();
        }

        lock (_gate)
            _isEnded = true;
        EndFlushes(new QuotaAuthorityUnavailableException("The ledger has stopped."));
    }

    private async Task PaceAsync()
    {
        // A batch that is full gets no fuller: to rest would bound the gateway at so many requests a second.
        if (book.WaitingCount >= options.MaxBatch)
            return;
        var rest = _wroteAt == 0 ? TimeSpan.Zero : options.FlushInterval - clock.Since(_wroteAt);
        if (rest > TimeSpan.Zero)
            await PauseAsync(rest);
    }

    /// <summary>Pauses, unless somebody waits for the write or the ledger stops.</summary>
    private async Task PauseAsync(TimeSpan longest)
    {
        _hurry.Reset();
        lock (_gate)
        {
            if (_flushes.Count > 0)
                return;
        }

        if (!_isStopping)
            await _hurry.WaitAsync(longest, clock.Time);
    }

    private async Task<bool> WriteAsync()
    {
        _wroteAt = clock.Timestamp;
        _batch.Clear();
        book.TakeSettled(_batch);
        var settlements = new Settlement[_batch.Count];
        for (var index = 0; index < settlements.Length; index++)
            settlements[index] = SettledCharges.ToSettlement(_batch[index], clock);
        var pause = options.RetryDelay;
        while (await TryWriteAsync(settlements) is { } failure)
        {
            EndFlushes(failure);
            var isKept = await unwritten.KeepAsync(settlements);
            if (_isStopping)
            {
                HasKeptTheRest = isKept;
                return false;
            }

            await unwritten.KeepMeanwhileAsync(PauseAsync(pause), settlements, options.FlushInterval);
            pause = pause * 2 < options.MaxRetryDelay ? pause * 2 : options.MaxRetryDelay;
        }

        await unwritten.ForgetAsync(settlements);
        foreach (var reservation in _batch)
            SettledCharges.Written(reservation);
        book.MarkWritten(_batch.Count);
        EndFlushes(failure: null);
        return true;
    }

    private async Task<Exception?> TryWriteAsync(Settlement[] settlements)
    {
        try
        {
            await unwritten.KeepMeanwhileAsync(authority.SettleAsync(settlements, CancellationToken.None).AsTask(), settlements, UnwrittenKeeper.SlowWrite);
            if (health.Wrote(worked: true))
                LedgerLog.WritingAgain(logger, settlements.Length);
            return null;
        }
#pragma warning disable CA1031 // Whatever it is, settled usage must not be lost over it: it is kept and tried again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (health.Wrote(worked: false))
                LedgerLog.CannotWrite(logger, exception, settlements.Length);
            return exception;
        }
    }

    private void EndFlushes(Exception? failure)
    {
        var written = book.Progress().Written;
        lock (_gate)
        {
            for (var index = _flushes.Count - 1; index >= 0; index--)
            {
                var (target, done) = _flushes[index];
                if (target <= written)
                    done.TrySetResult();
                else if (failure is not null)
                    done.TrySetException(failure as QuotaAuthorityUnavailableException ?? new QuotaAuthorityUnavailableException(failure.Message, failure));
                else
                    continue;
                _flushes.RemoveAt(index);
            }
        }
    }
}
