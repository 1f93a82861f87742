namespace CredentialProxy.Gateway.Admitting;

/// <summary>What is under way for one token, or for all: open requests, and the bytes of bodies that are held in memory for them. Interlocked throughout.</summary>
internal sealed class Load
{
    private int _openRequests;
    private long _heldBytes;

    public int OpenRequests => Volatile.Read(ref _openRequests);

    public long HeldBytes => Volatile.Read(ref _heldBytes);

    /// <summary>Enters a request, unless there are as many as may be. Who enters leaves.</summary>
    public bool TryEnter(int most)
    {
        // Counted first: two that see the last place free would both take it. One that is refused may for a moment keep out another, which is no harm at the limit.
        if (Interlocked.Increment(ref _openRequests) <= most)
        {
            return true;
        }
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _openRequests);

    /// <summary>Holds bytes, unless they would be more than may be. Who holds gives back.</summary>
    public bool TryHold(long bytes, long most)
    {
        if (Interlocked.Add(ref _heldBytes, bytes) <= most)
        {
            return true;
        }
        GiveBack(bytes);
        return false;
    }

    public void GiveBack(long bytes) => Interlocked.Add(ref _heldBytes, -bytes);
}
