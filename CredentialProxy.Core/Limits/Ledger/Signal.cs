namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>Wakes one loop. Set any number of times before it looks, it is set once.</summary>
internal sealed class Signal
{
    private TaskCompletionSource _set = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Set() => Volatile.Read(ref _set).TrySetResult();

    /// <summary>Forgets that it was set. What the setter did before is to be looked at after this, or it may be missed.</summary>
    public void Reset()
    {
        if (_set.Task.IsCompleted)
            Volatile.Write(ref _set, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }

    public Task WaitAsync() => Volatile.Read(ref _set).Task;

    /// <summary>Waits until it is set, at most for <paramref name="longest"/>.</summary>
    public async Task WaitAsync(TimeSpan longest, TimeProvider time)
    {
        var set = WaitAsync();
        if (set.IsCompleted)
            return;
        using var over = new CancellationTokenSource();
        await Task.WhenAny(set, Task.Delay(longest, time, over.Token));
        await over.CancelAsync();
    }
}
