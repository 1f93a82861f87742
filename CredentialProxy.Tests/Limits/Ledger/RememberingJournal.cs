using System.Collections.Concurrent;
using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>A journal in memory.</summary>
internal sealed class RememberingJournal : ISettlementJournal
{
    private readonly ConcurrentDictionary<string, Settlement> _kept = new();
    private int _calls;

    /// <summary>What it holds.</summary>
    public IReadOnlyDictionary<string, Settlement> Kept => _kept;

    /// <summary>Whether it has no room.</summary>
    public bool IsFull { get; set; }

    /// <summary>How often it was given something to keep.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public ValueTask<bool> KeepAsync(IReadOnlyList<Settlement> settlements)
    {
        Interlocked.Increment(ref _calls);
        if (IsFull)
            return new(false);
        foreach (var settlement in settlements)
            _kept[settlement.Record.RequestId] = settlement;
        return new(true);
    }

    public ValueTask ForgetAsync(IReadOnlyList<Settlement> settlements)
    {
        foreach (var settlement in settlements)
            _kept.TryRemove(settlement.Record.RequestId, out _);
        return default;
    }
}
