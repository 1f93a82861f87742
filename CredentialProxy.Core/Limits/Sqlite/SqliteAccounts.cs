using System.Runtime.InteropServices;
using SQLitePCL;

namespace CredentialProxy.Core.Limits.Sqlite;

/// <summary>What an authority does with accounts, on an open transaction: lease, settle, read. Keeps spent plus leased within the limit, whatever it is told.</summary>
internal sealed class SqliteAccounts(sqlite3 database, string holder, TimeProvider time, SteadyClock steady) : IDisposable
{
    private readonly SqliteCounters _counters = new(database, holder);
    private readonly SqliteUsageWriter _usage = new(database);

    /// <summary>Charges of one call, summed by lease; emptied after each.</summary>
    private readonly Dictionary<(CounterInstance Counter, long Limit), Charge> _charges = [];

    public LeaseAnswer[] Lease(ReadOnlySpan<LeaseAmount> returns, ReadOnlySpan<LeaseRequest> requests)
    {
        foreach (var given in returns)
            Return(given);
        var answers = new LeaseAnswer[requests.Length];
        for (var index = 0; index < requests.Length; index++)
            answers[index] = Grant(requests[index]);
        return answers;
    }

    public void Settle(IReadOnlyList<Settlement> settlements)
    {
        _charges.Clear();
        foreach (var settlement in settlements)
        {
            if (!_usage.Add(settlement.Record))
                continue;
            foreach (var charge in settlement.Charges)
                Add(ref Sum(charge).ToLease, charge.Amount);
            foreach (var excess in settlement.Excess)
                Add(ref Sum(excess).ToLimit, excess.Amount);
        }

        foreach (var (lease, charge) in _charges)
            Apply(lease.Counter, lease.Limit, charge);
    }

    public CounterState[] Read(IReadOnlyList<CounterKey> counters)
    {
        var (wallMs, steadyMs) = (time.GetUtcNow().ToUnixTimeMilliseconds(), steady.NowMs);
        var states = new CounterState[counters.Count];
        for (var index = 0; index < states.Length; index++)
        {
            var window = counters[index].Window;
            var instance = new CounterInstance(counters[index], WindowClock.StartOf(window, WindowClock.IsSliding(window) ? steadyMs : wallMs));
            var row = _counters.FindLeased(instance) ?? default;
            states[index] = new CounterState(_counters.SpentInWindow(instance, row), row.Leased);
        }

        return states;
    }

    public void Reset(CounterKey counter)
    {
        var instance = new CounterInstance(counter, WindowClock.StartOf(counter.Window, time.GetUtcNow().ToUnixTimeMilliseconds()));
        if (_counters.FindLeased(instance) is { } row)
            _counters.Change(row.Id, spent: -row.Spent, leased: 0, overrun: 0);
    }

    public void Dispose()
    {
        _counters.Dispose();
        _usage.Dispose();
    }

    private void Return(LeaseAmount given)
    {
        if (_counters.FindLeased(given.Counter) is not { } row)
            return;
        var lease = _counters.LeaseOf(row.Id, given.Limit);
        var amount = Math.Min(given.Amount, lease);
        _counters.ChangeLease(row.Id, given.Limit, lease, -amount);
        _counters.Change(row.Id, spent: 0, leased: -amount, overrun: 0);
    }

    private LeaseAnswer Grant(LeaseRequest request)
    {
        var found = _counters.FindLeased(request.Counter);
        var row = found ?? default;
        var spent = _counters.SpentInWindow(request.Counter, row);
        var granted = LeaseRules.Grant(request.Limit, spent + row.Leased, request.Need, request.Want);
        if (granted == 0)
            return new LeaseAnswer(0, spent, row.Leased, _counters.FreesAt(request.Counter, spent, request.Limit - row.Leased - request.Need));
        if (found is null)
            row = _counters.LeasedRow(request.Counter);
        _counters.ChangeLease(row.Id, request.Limit, _counters.LeaseOf(row.Id, request.Limit), granted);
        _counters.Change(row.Id, spent: 0, leased: granted, overrun: 0);
        return new LeaseAnswer(granted, spent, row.Leased + granted);
    }

    /// <summary>Adds up to the largest amount: more than that no limit has, and upstreams that lie at once must not make a sum overflow.</summary>
    private static void Add(ref long sum, long amount) => sum = Math.Min(sum + amount, Limit.MaxAmount);

    private ref Charge Sum(LeaseAmount charge) => ref CollectionsMarshal.GetValueRefOrAddDefault(_charges, (charge.Counter, charge.Limit), out _);

    private void Apply(CounterInstance counter, long limit, Charge charge)
    {
        var leasedRow = _counters.LeasedRow(counter);
        var lease = _counters.LeaseOf(leasedRow.Id, limit);
        var fromLease = Math.Min(charge.ToLease, lease);
        _counters.ChangeLease(leasedRow.Id, limit, lease, -fromLease);

        var beyond = charge.ToLease - fromLease + charge.ToLimit;
        var fromLimit = 0L;
        if (beyond > 0)
        {
            // What goes from leased to spent changes nothing in their sum, so what the limit has left is known without writing it first.
            var left = limit - _counters.SpentInWindow(counter, leasedRow) - leasedRow.Leased;
            fromLimit = Math.Clamp(beyond, 0, Math.Max(0, left));
        }

        var spent = fromLease + fromLimit;
        if (!WindowClock.IsSliding(counter.Key.Window))
        {
            _counters.Change(leasedRow.Id, spent, -fromLease, beyond - fromLimit);
            return;
        }

        if (spent > 0)
            _counters.Change(_counters.SpentRow(counter).Id, spent, leased: 0, overrun: 0);
        _counters.Change(leasedRow.Id, spent: 0, leased: -fromLease, beyond - fromLimit);
    }

    private struct Charge
    {
        public long ToLease;
        public long ToLimit;
    }
}
