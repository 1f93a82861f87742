namespace CredentialProxy.Core.Limits.Redis.Recovery;

/// <summary>
/// What was settled and may not be in Postgres yet. The recorder takes an entry out of the stream when Postgres has it, so that the oldest entry there is tells how far it has come: the answer to every
/// settlement says so.
/// </summary>
internal sealed class KeptSettlements(int most)
{
    private readonly Lock _gate = new();
    private readonly Queue<(StreamPlace Place, Settlement Settlement)> _kept = new(); // guarded by _gate, in the order of the stream

    /// <summary>How many are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _kept.Count;
        }
    }

    /// <summary>Keeps what has just been settled, and lets go of what Postgres has.</summary>
    /// <param name="settlements">What was settled.</param>
    /// <param name="last">The last entry that may hold any of it; empty where the stream has none any more.</param>
    /// <param name="first">The first entry that is there; empty for none.</param>
    /// <returns>How many were let go of for want of room though Postgres may not have them.</returns>
    public int Add(IReadOnlyList<Settlement> settlements, string last, string first)
    {
        lock (_gate)
        {
            if (last.Length > 0)
            {
                var place = StreamPlace.Parse(last);
                foreach (var settlement in settlements)
                    _kept.Enqueue((place, settlement));
            }

            var watermark = first.Length > 0 ? StreamPlace.Parse(first) : StreamPlace.End;
            var dropped = 0;
            while (_kept.TryPeek(out var oldest) && (oldest.Place.CompareTo(watermark) < 0 || _kept.Count > most))
            {
                dropped += oldest.Place.CompareTo(watermark) < 0 ? 0 : 1;
                _kept.Dequeue();
            }

            return dropped;
        }
    }

    /// <summary>Forgets some wherever they are, which are kept anew by where they have come to.</summary>
    public void Forget(IEnumerable<Settlement> settlements)
    {
        var forgotten = new HashSet<Settlement>(settlements, ReferenceEqualityComparer.Instance);
        lock (_gate)
        {
            for (var left = _kept.Count; left > 0; left--)
            {
                if (_kept.Dequeue() is var kept && !forgotten.Contains(kept.Settlement))
                    _kept.Enqueue(kept);
            }
        }
    }

    /// <summary>All that are kept.</summary>
    public IReadOnlyList<Settlement> All()
    {
        lock (_gate)
            return [.. _kept.Select(kept => kept.Settlement)];
    }
}
