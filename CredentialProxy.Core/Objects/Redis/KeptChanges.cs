using CredentialProxy.Core.Limits.Redis.Recovery;

namespace CredentialProxy.Core.Objects.Redis;

/// <summary>
/// The changes of this process that Postgres may not have, in the order of their numbers and without a gap: first those that Redis has taken, then those that it has not. The control plane takes an entry
/// out of the stream when Postgres has it, so that the oldest entry there is tells how far it has come. Used by one task; the count may be read by others.
/// </summary>
internal sealed class KeptChanges(int most)
{
    private readonly Queue<NumberedChange> _sent = [];
    private readonly Queue<NumberedChange> _unsent = [];
    private int _count; // volatile

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How many Redis has not taken.</summary>
    public int UnsentCount => _unsent.Count;

    /// <summary>All, oldest first.</summary>
    public IReadOnlyList<NumberedChange> All => [.. _sent, .. _unsent];

    /// <summary>Those that Redis has not taken, oldest first.</summary>
    public IReadOnlyList<NumberedChange> Unsent => [.. _unsent];

    /// <summary>Keeps one more.</summary>
    /// <returns>How many were let go of for want of room.</returns>
    public int Add(NumberedChange change)
    {
        _unsent.Enqueue(change);
        var dropped = 0;
        while (_sent.Count + _unsent.Count > most && (_sent.TryDequeue(out _) || _unsent.TryDequeue(out _)))
        {
            dropped++;
        }
        Volatile.Write(ref _count, _sent.Count + _unsent.Count);
        return dropped;
    }

    /// <summary>Notes that Redis has everything up to a number.</summary>
    /// <param name="number">The number.</param>
    /// <param name="last">The last entry of the stream then; empty for none, so that Postgres has it all.</param>
    /// <param name="first">The first entry of the stream; empty for none.</param>
    public void Sent(long number, string last, string first)
    {
        while (_unsent.TryPeek(out var change) && change.Number <= number)
        {
            _unsent.Dequeue();
            if (last.Length > 0)
            {
                change.Place = StreamPlace.Parse(last);
                _sent.Enqueue(change);
            }
        }
        var watermark = first.Length > 0 ? StreamPlace.Parse(first) : StreamPlace.End;
        while (_sent.TryPeek(out var oldest) && oldest.Place.CompareTo(watermark) < 0)
        {
            _sent.Dequeue();
        }
        Volatile.Write(ref _count, _sent.Count + _unsent.Count);
    }

    /// <summary>Forgets where in the stream those are that Redis had taken: it is another stream now.</summary>
    public void Resent(string last)
    {
        foreach (var change in _sent)
        {
            change.Place = last.Length > 0 ? StreamPlace.Parse(last) : default;
        }
    }
}
