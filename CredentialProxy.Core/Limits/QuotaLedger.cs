using System.Collections.Immutable;
using CredentialProxy.Core.Limits.Ledger;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Limits;

/// <summary>
/// Holds and settles the budget of requests at local speed: out of leases that it takes from the <see cref="IQuotaAuthority"/> ahead of need. A request that
/// fits into what is leased touches neither disk nor network; however many ledgers share an authority and however they end, no limit is exceeded.
/// </summary>
public sealed class QuotaLedger : IAsyncDisposable
{
    private static readonly TimeSpan TidyEvery = TimeSpan.FromSeconds(1);

    /// <summary>Reservations open for this long are looked at for requests that are over.</summary>
    private static readonly TimeSpan LeakedAfter = TimeSpan.FromSeconds(5);

    private readonly IQuotaAuthority _authority;
    private readonly QuotaLedgerOptions _options;
    private readonly ILogger<QuotaLedger> _logger;
    private readonly LedgerClock _clock;
    private readonly AuthorityHealth _health;
    private readonly ReservationBook _book;
    private readonly LeaseSlots _slots;
    private readonly SettlementWriter _writer;
    private readonly LeaseKeeper _keeper;
    private readonly ITimer _timer;
    private readonly Task _writing;
    private readonly Task _keeping;
    private int _isDisposed; // interlocked

    /// <summary>Starts the ledger on an authority and, where there is one, a journal, neither of which it owns.</summary>
    public QuotaLedger(IQuotaAuthority authority, QuotaLedgerOptions options, TimeProvider time, ILogger<QuotaLedger> logger, ISettlementJournal? journal = null)
    {
        options.Validate();
        _authority = authority;
        // What has not happened yet is 0, so that an alarm sees the first time.
        LedgerMeters.PhantomReservations.Add(0);
        _options = options;
        _logger = logger;
        _clock = new LedgerClock(time);
        _health = new AuthorityHealth(options, time);
        _book = new ReservationBook(options.MaxQueuedSettlements, time) { SettlementsWait = () => _writer!.Wake() };
        _slots = new LeaseSlots(options, _clock, logger);
        _writer = new SettlementWriter(authority, new UnwrittenKeeper(journal, _book, options, _clock), _book, _health, options, _clock, logger);
        _keeper = new LeaseKeeper(authority, _slots, _book, _writer, _health, options, _clock, logger);
        _authority.Expired += Renew;
        _writing = Task.Run(_writer.RunAsync);
        _keeping = Task.Run(_keeper.RunAsync);
        _timer = time.CreateTimer(static ledger => ((QuotaLedger)ledger!).Tidy(), this, TidyEvery, TidyEvery);
    }

    /// <summary>Reservations that are neither settled nor released.</summary>
    public int OpenReservations => _book.OpenCount;

    /// <summary>Whether nothing is let through at present, since the authority can't be written.</summary>
    public bool IsRefusing => _health.Refuses(_clock.Timestamp, _book.OldestUnwritten) || Volatile.Read(ref _isDisposed) != 0;

    /// <summary>What the limits have left of which it leases at present, in no order. A limit that it has not asked about yet is not among them.</summary>
    public IEnumerable<LimitLeft> Left() => _slots.Left(_clock.NowMs);

    /// <summary>Counters kept in memory.</summary>
    internal int Counters => _slots.Count;

    /// <summary>
    /// Resolves limits to counters once, for a grant or a credential. Of several limits on one counter the lowest holds; an account must not be bound
    /// in both sets of one reservation, or it is charged twice.
    /// </summary>
    public BoundAccounts Bind(ImmutableArray<AccountLimits> accounts) => new(accounts, _slots.Find);

    /// <summary>
    /// Holds the worst case of a request against every limit, all or nothing. Completes at once when it fits into what is leased. Whoever gets a
    /// reservation settles or releases it; one left open is charged in full when it expires.
    /// </summary>
    /// <param name="accounts">The grant's accounts.</param>
    /// <param name="credential">The credential's account; null for none.</param>
    /// <param name="worstCase">The most that the request can use; no amount below 0.</param>
    /// <param name="owner">Says what the request was should it never be settled.</param>
    /// <param name="cancellationToken">The client has gone away: nothing is held.</param>
    public ValueTask<ReserveOutcome> ReserveAsync(
        BoundAccounts accounts, BoundAccounts? credential, Demand worstCase, IReservationOwner owner, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(worstCase.Tokens);
        ArgumentOutOfRangeException.ThrowIfNegative(worstCase.CostMicroUsd);
        ArgumentOutOfRangeException.ThrowIfNegative(worstCase.Requests);
        var timestamp = _clock.Timestamp;
        if (_health.Refuses(timestamp, _book.OldestUnwritten) || _book.IsFull || Volatile.Read(ref _isDisposed) != 0)
            return new(ReserveOutcome.Unavailable);
        var nowMs = _clock.NowMs;
        var isAtHand = true;
        LimitShortage? echoed = null;
        var shortage = FindShortage(accounts.Limits, worstCase, nowMs, timestamp, ref echoed, ref isAtHand)
            ?? (credential is null ? null : FindShortage(credential.Limits, worstCase, nowMs, timestamp, ref echoed, ref isAtHand));
        if (shortage is not null || (isAtHand && (shortage = echoed) is not null))
            return new(new ReserveOutcome(shortage));

        var reservation = new Reservation(_book, owner, worstCase.Bounded(), accounts.Limits.Length + (credential?.Limits.Length ?? 0));
        if (isAtHand && TryTake(reservation, accounts.Limits, credential?.Limits, nowMs, timestamp))
        {
            // Looked at anew: its window must not begin before all of its leases were there.
            reservation.ReservedAt = _clock.Timestamp;
            if (_book.TryOpen(reservation))
                return new(new ReserveOutcome(reservation));
            GiveBack(reservation, reservation.LeaseCount);
            return new(ReserveOutcome.Unavailable);
        }

        return AskKeeperAsync(new LeaseWaiter(reservation, accounts, credential), cancellationToken);
    }

    /// <summary>Asks the authority what is spent and leased of counters in their present windows; throws <see cref="QuotaAuthorityUnavailableException"/> when it does not answer.</summary>
    public ValueTask<CounterState[]> ReadAsync(IReadOnlyList<CounterKey> counters, CancellationToken cancellationToken) => _authority.ReadAsync(counters, cancellationToken);

    /// <summary>
    /// Completes when everything settled before is durable; throws <see cref="QuotaAuthorityUnavailableException"/> when it can't be written at present.
    /// </summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => new(_writer.FlushAsync(cancellationToken));

    /// <summary>Takes no more reservations, charges open ones in full, writes what was settled and gives back what is leased.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _authority.Expired -= Renew;
        await _timer.DisposeAsync();
        _book.Close();
        ChargeInFull(_clock.Timestamp);
        _writer.Stop();
        await _writing;
        _keeper.Stop();
        await _keeping;
        if (_book.UnwrittenCount > 0)
            LedgerLog.Unwritten(_logger, _book.UnwrittenCount, _writer.HasKeptTheRest);
    }

    /// <summary>
    /// The limit that the demand can never fit in; or the worst of those that it did not fit in a moment ago, where nothing needs to be asked of the others. Learns by
    /// the way whether what is leased seems enough, so that nothing is taken in vain.
    /// </summary>
    private static LimitShortage? FindShortage(BoundLimit[] limits, in Demand demand, long nowMs, long timestamp, ref LimitShortage? echoed, ref bool isAtHand)
    {
        foreach (var limit in limits)
        {
            var lease = limit.Slot?.Current;
            var isCurrent = lease is not null && lease.Covers(nowMs);
            if (isCurrent && lease!.Available >= demand.Of(lease.Unit) && limit.Limit.Amount > 0)
                continue;
            if (Shortages.Impossible(limit, demand, nowMs) is { } impossible)
                return impossible;
            if (!isCurrent || lease!.EchoOf(demand.Of(lease.Unit), timestamp) is not { } echo)
                isAtHand = false;
            else if (echoed is null || Shortages.IsWorse(echo, echoed))
                echoed = echo;
        }

        return null;
    }

    private static void GiveBack(Reservation reservation, int count)
    {
        for (var index = 0; index < count; index++)
            reservation[index].Give(reservation.Held.Of(reservation[index].Unit));
    }

    /// <summary>Takes everything from the leases at hand, or nothing.</summary>
    private bool TryTake(Reservation reservation, BoundLimit[] limits, BoundLimit[]? moreLimits, long nowMs, long timestamp)
    {
        var taken = 0;
        for (var set = limits; set is not null; set = set == limits ? moreLimits : null)
        {
            foreach (var limit in set)
            {
                var lease = limit.Slot!.Current;
                if (!lease.Covers(nowMs) || !lease.TryTake(reservation.Held.Of(lease.Unit), timestamp))
                {
                    GiveBack(reservation, taken);
                    return false;
                }

                if (lease.ShouldAskRefill())
                    _keeper.AskAhead(lease);
                reservation[taken++] = lease;
            }
        }

        return true;
    }

    private async ValueTask<ReserveOutcome> AskKeeperAsync(LeaseWaiter waiter, CancellationToken cancellationToken)
    {
        if (!_health.CanLease || !_keeper.TryAsk(waiter))
            return ReserveOutcome.Unavailable;
        await using var _ = cancellationToken.UnsafeRegister(
            static (waiter, token) => ((LeaseWaiter)waiter!).TrySetCanceled(token), waiter);
        // An authority that must first find out what became of a call answers when it can: nobody is kept waiting for that.
        await using var impatience = _clock.Time.CreateTimer(
            static waiter => ((LeaseWaiter)waiter!).TrySetResult(ReserveOutcome.Unavailable), waiter, _options.MaxSettleDelay, Timeout.InfiniteTimeSpan);
        return await waiter.Task;
    }

    private void Renew(object? sender, EventArgs e) => _keeper.Renew();

    private void Tidy()
    {
        var timestamp = _clock.Timestamp;
        _book.LetWindowsPass(timestamp);
        ChargeInFull(_clock.Before(_options.ReservationLifetime));
        ChargeLeaked();
        _keeper.Tidy();
    }

    /// <summary>Settles reservations opened up to a moment at what they hold.</summary>
    private void ChargeInFull(long openedBefore)
    {
        var charged = ChargeInFull(_book.OpenedBefore(openedBefore));
        if (charged > 0)
            LedgerLog.ChargedInFull(_logger, charged);
    }

    /// <summary>
    /// Settles what requests still hold that are over. Each of them should have settled; what it spent nobody knows, so that it is charged what it held, and what it kept from others, such as a
    /// place among those at a time, is free again.
    /// </summary>
    private void ChargeLeaked()
    {
        var charged = ChargeInFull(_book.OpenedBefore(_clock.Before(LeakedAfter)).Where(reservation => reservation.Owner.HasEnded));
        if (charged == 0)
            return;
        LedgerMeters.PhantomReservations.Add(charged);
        LedgerLog.ChargedLeaked(_logger, charged);
    }

    private int ChargeInFull(IEnumerable<Reservation> reservations)
    {
        var charged = 0;
        foreach (var reservation in reservations)
        {
            try
            {
                if (reservation.Settle(reservation.Held, reservation.Owner.RecordAtReservation(reservation.Held, _clock.Time.GetUtcNow())))
                    charged++;
            }
#pragma warning disable CA1031 // A broken owner must not stop the others from being charged.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LedgerLog.OwnerFailed(_logger, exception);
            }
        }

        return charged;
    }
}
