namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>One limit of bound accounts, and where the ledger keeps what it leased of it.</summary>
internal sealed class BoundLimit(CounterKey key, Limit limit)
{
    public CounterKey Key { get; } = key;

    public Limit Limit { get; } = limit;

    /// <summary>Found when bound or by the keeper; one that was forgotten holds nothing, so that the next request comes to the keeper, who finds another.</summary>
    public LeaseSlot? Slot { get; set; }
}
