namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>Keeps in the journal, where there is one, what the authority does not take: the batch that is being written, and what is settled meanwhile. The settlement writer's alone.</summary>
internal sealed class UnwrittenKeeper(ISettlementJournal? journal, ReservationBook book, QuotaLedgerOptions options, LedgerClock clock)
{
    /// <summary>A write that takes longer may never come back: what it holds is kept meanwhile. Much longer than writes take, so that the journal is for outages alone.</summary>
    public static readonly TimeSpan SlowWrite = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the journal is offered again what waits in line and it could not keep: it may be much, and a full disk stays full for a while.</summary>
    private static readonly TimeSpan OfferAgainAfter = TimeSpan.FromSeconds(1);

    private readonly List<Reservation> _copies = new(options.MaxBatch);
    private readonly Dictionary<string, Settlement> _missed = new(StringComparer.Ordinal);
    private long _missedAt;

    /// <summary>Keeps the batch and all that waits in line behind it. False when not all of it outlives the process.</summary>
    public async Task<bool> KeepAsync(Settlement[] batch)
    {
        if (journal is null)
            return false;
        var isKept = await journal.KeepAsync(batch);
        isKept &= await KeepMissedAsync();
        while (true)
        {
            _copies.Clear();
            book.CopySettled(_copies);
            if (_copies.Count == 0)
                return isKept;
            isKept &= await KeepCopiesAsync([.. _copies.Select(reservation => SettledCharges.ToSettlement(reservation, clock))]);
        }
    }

    /// <summary>Waits for something, and once it has taken as long as <paramref name="first"/> keeps what there is, again and again until it ends.</summary>
    public async Task KeepMeanwhileAsync(Task work, Settlement[] batch, TimeSpan first)
    {
        for (var wait = first; journal is not null && !await EndsWithinAsync(work, wait); wait = options.FlushInterval)
            await KeepAsync(batch);
        await work;
    }

    /// <summary>The authority has the batch.</summary>
    public ValueTask ForgetAsync(Settlement[] batch)
    {
        if (_missed.Count > 0)
        {
            foreach (var settlement in batch)
                _missed.Remove(settlement.Record.RequestId);
        }

        return journal?.ForgetAsync(batch) ?? default;
    }

    private async Task<bool> KeepCopiesAsync(Settlement[] copies)
    {
        if (await journal!.KeepAsync(copies))
            return true;
        foreach (var settlement in copies)
            _missed[settlement.Record.RequestId] = settlement;
        _missedAt = clock.Timestamp;
        return false;
    }

    private async Task<bool> KeepMissedAsync()
    {
        if (_missed.Count == 0)
            return true;
        if (clock.Since(_missedAt) < OfferAgainAfter)
            return false;
        _missedAt = clock.Timestamp;
        if (!await journal!.KeepAsync([.. _missed.Values]))
            return false;
        _missed.Clear();
        return true;
    }

    private async Task<bool> EndsWithinAsync(Task work, TimeSpan longest)
    {
        if (work.IsCompleted)
            return true;
        using var over = new CancellationTokenSource();
        await Task.WhenAny(work, Task.Delay(longest, clock.Time, over.Token));
        await over.CancelAsync();
        return work.IsCompleted;
    }
}
