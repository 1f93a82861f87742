using System.Collections.Concurrent;
using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>Stands between a ledger and its authority: notes what is asked, and fails or stands still when told to.</summary>
internal sealed class ScriptedAuthority(IQuotaAuthority inner, TimeProvider time) : IQuotaAuthority
{
    private readonly ConcurrentQueue<LeaseRequest> _requests = new();
    private readonly ConcurrentQueue<DateTimeOffset> _leaseTimes = new();
    private volatile Hold? _leaseHold;
    private volatile Hold? _settleHold;
    private int _settleCalls;
    private readonly Lock _gate = new();
    private TaskCompletionSource? _pause; // guarded by _gate
    private int _underWay; // guarded by _gate

    /// <summary>Who is asked.</summary>
    public IQuotaAuthority Inner => inner;

    private EventHandler? _expired;
    private readonly ConcurrentQueue<(int Returns, int Requests)> _sizes = new();

    public event EventHandler? Expired
    {
        add
        {
            _expired += value;
            inner.Expired += value;
        }
        remove
        {
            _expired -= value;
            inner.Expired -= value;
        }
    }

    /// <summary>How many amounts each call gave back, and how many it asked for.</summary>
    public IReadOnlyList<(int Returns, int Requests)> Sizes => [.. _sizes];

    /// <summary>Tells that it was taken for dead.</summary>
    public void TellExpired() => _expired?.Invoke(this, EventArgs.Empty);

    /// <summary>Leasing fails.</summary>
    public bool CannotLease { get; set; }

    /// <summary>Settling fails.</summary>
    public bool CannotSettle { get; set; }

    /// <summary>Calls for leases so far.</summary>
    public int LeaseCalls => _leaseTimes.Count;

    /// <summary>When they came.</summary>
    public IReadOnlyList<DateTimeOffset> LeaseTimes => [.. _leaseTimes];

    /// <summary>Calls that settled, failed ones included.</summary>
    public int SettleCalls => Volatile.Read(ref _settleCalls);

    /// <summary>What was asked for so far.</summary>
    public IReadOnlyList<LeaseRequest> Requests => [.. _requests];

    /// <summary>Fails in every way, as for a process that has died.</summary>
    public void Sever() => CannotLease = CannotSettle = true;

    /// <summary>Has the next calls for leases stand still until released.</summary>
    public Hold HoldLeases() => _leaseHold = new Hold();

    /// <summary>Has the next calls that settle stand still until released.</summary>
    public Hold HoldSettlements() => _settleHold = new Hold();

    /// <summary>Waits until no call is under way, and has later ones wait for <see cref="Resume"/>.</summary>
    public async Task PauseAsync()
    {
        lock (_gate)
            _pause = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (Volatile.Read(ref _underWay) > 0)
            await Task.Delay(1);
    }

    public void Resume()
    {
        lock (_gate)
        {
            _pause?.SetResult();
            _pause = null;
        }
    }

    /// <summary>Lets everything through from now on, so that a test that failed in between comes to its end.</summary>
    public void ReleaseAll()
    {
        _leaseHold?.Release();
        _settleHold?.Release();
    }

    public async ValueTask<LeaseAnswer[]> LeaseAsync(ReadOnlyMemory<LeaseAmount> returns, ReadOnlyMemory<LeaseRequest> requests, CancellationToken cancellationToken)
    {
        _leaseTimes.Enqueue(time.GetUtcNow());
        _sizes.Enqueue((returns.Length, requests.Length));
        foreach (var request in requests.ToArray())
            _requests.Enqueue(request);
        if (_leaseHold is { } hold)
            await hold.WaitAsync();
        return await CallAsync(() => CannotLease ? throw new QuotaAuthorityUnavailableException("scripted") : inner.LeaseAsync(returns, requests, cancellationToken).AsTask());
    }

    public async ValueTask SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _settleCalls);
        if (_settleHold is { } hold)
            await hold.WaitAsync();
        await CallAsync(async () =>
        {
            await (CannotSettle ? throw new QuotaAuthorityUnavailableException("scripted") : inner.SettleAsync(settlements, cancellationToken));
            return true;
        });
    }

    public ValueTask ResetAsync(CounterKey counter, CancellationToken cancellationToken) => inner.ResetAsync(counter, cancellationToken);

    public ValueTask<CounterState[]> ReadAsync(IReadOnlyList<CounterKey> counters, CancellationToken cancellationToken) => inner.ReadAsync(counters, cancellationToken);

    private async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        while (PauseOrBegin() is { } pause)
            await pause;
        try
        {
            return await call();
        }
        finally
        {
            lock (_gate)
                _underWay--;
        }
    }

    private Task? PauseOrBegin()
    {
        lock (_gate)
        {
            if (_pause is null)
                _underWay++;
            return _pause?.Task;
        }
    }

    /// <summary>A door that is shut.</summary>
    public sealed class Hold
    {
        private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes when a call stands at it.</summary>
        public Task Arrived => _arrived.Task;

        /// <summary>Lets through who waits, and everybody after.</summary>
        public void Release() => _released.TrySetResult();

        public Task WaitAsync()
        {
            _arrived.TrySetResult();
            return _released.Task;
        }
    }
}
