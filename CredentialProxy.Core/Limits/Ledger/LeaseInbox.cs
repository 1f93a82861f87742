namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>What the keeper is asked for, from any thread, until it looks.</summary>
/// <param name="mostAtOnce">Waiters that it gets in one look.</param>
/// <param name="mostWaiting">Waiters that may be in line.</param>
internal sealed class LeaseInbox(int mostAtOnce, int mostWaiting)
{
    private readonly Signal _signal = new();
    private readonly Lock _gate = new();
    private readonly Queue<LeaseWaiter> _waiters = []; // guarded by _gate
    private readonly List<Lease> _refills = []; // guarded by _gate
    private bool _isClosed; // guarded by _gate
    private bool _isTidyDue; // guarded by _gate

    /// <summary>Puts a waiter in line; false when the line is full or closed.</summary>
    public bool TryAdd(LeaseWaiter waiter)
    {
        lock (_gate)
        {
            if (_isClosed || _waiters.Count >= mostWaiting)
                return false;
            _waiters.Enqueue(waiter);
        }

        _signal.Set();
        return true;
    }

    /// <summary>Asks for more of a lease.</summary>
    public void Add(Lease lease)
    {
        lock (_gate)
            _refills.Add(lease);
        _signal.Set();
    }

    /// <summary>Asks to give back what is idle.</summary>
    public void AddTidying()
    {
        lock (_gate)
            _isTidyDue = true;
        _signal.Set();
    }

    /// <summary>Takes nobody any more.</summary>
    public void Close()
    {
        lock (_gate)
            _isClosed = true;
        _signal.Set();
    }

    /// <summary>Has the keeper look, though nothing was added.</summary>
    public void Wake() => _signal.Set();

    /// <summary>Waits until there is reason to look.</summary>
    public async Task WaitAsync()
    {
        await _signal.WaitAsync();
        _signal.Reset();
    }

    /// <summary>Takes what was asked for, and of waiters as many as it may, or all when it is closed, which it answers with false.</summary>
    public bool Take(List<LeaseWaiter> waiters, List<Lease> refills, out bool isTidyDue)
    {
        lock (_gate)
        {
            while (_waiters.Count > 0 && (_isClosed || waiters.Count < mostAtOnce))
                waiters.Add(_waiters.Dequeue());
            if (_waiters.Count > 0)
                _signal.Set();
            refills.AddRange(_refills);
            _refills.Clear();
            isTidyDue = _isTidyDue;
            _isTidyDue = false;
            return !_isClosed;
        }
    }
}
