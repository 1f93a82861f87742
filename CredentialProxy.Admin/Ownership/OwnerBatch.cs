using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Objects.Redis;

namespace CredentialProxy.Admin.Ownership;

/// <summary>What a run of changes comes to, each object once. In their order: Redis has taken them one after the other, and what it took is so.</summary>
internal sealed class OwnerBatch
{
    private readonly Dictionary<StoredObject, Outcome> _outcomes = [];

    public OwnerBatch(IEnumerable<StreamedOwner> changes)
    {
        foreach (var change in changes)
        {
            if (!_outcomes.TryGetValue(change.Stored, out var outcome))
            {
                _outcomes.Add(change.Stored, outcome = new Outcome());
            }
            outcome.Note(change);
        }
    }

    /// <summary>Objects that belong to somebody now.</summary>
    public IReadOnlyList<StreamedOwner> Owned => [.. _outcomes.Values.Select(outcome => outcome.Last).OfType<StreamedOwner>()];

    /// <summary>Objects that belong to nobody but the named, empty for nobody at all.</summary>
    public IReadOnlyList<(string Owner, StoredObject Stored)> Others => [.. _outcomes.Where(pair => pair.Value.HasChangedHands).Select(pair => (pair.Value.Last?.Owner ?? "", pair.Key))];

    /// <summary>Objects that do not belong to the named any more.</summary>
    public IReadOnlyList<(string Owner, StoredObject Stored)> Forgotten =>
        [.. _outcomes.Where(pair => !pair.Value.HasChangedHands).SelectMany(pair => pair.Value.Forgotten.Select(owner => (owner, pair.Key)))];

    private sealed class Outcome
    {
        public StreamedOwner? Last { get; private set; }

        public bool HasChangedHands { get; private set; }

        public HashSet<string> Forgotten { get; } = new(StringComparer.Ordinal);

        public void Note(StreamedOwner change)
        {
            if (change.Ends > 0)
            {
                (Last, HasChangedHands) = (change, true);
                return;
            }
            Forgotten.Add(change.Owner);
            Last = Last?.Owner == change.Owner ? null : Last;
        }
    }
}
