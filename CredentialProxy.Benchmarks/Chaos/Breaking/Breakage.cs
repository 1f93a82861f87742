namespace CredentialProxy.Benchmarks.Chaos.Breaking;

/// <summary>What can be broken in the gateways, to see that the proof notices.</summary>
internal enum Breakage
{
    /// <summary>Each settlement charges its accounts twice.</summary>
    SettledTwice,

    /// <summary>What a gateway that is not heard of any more had leased is given to others, in place of counting as spent.</summary>
    NotFenced,

    /// <summary>A request of which nothing can be known is charged nothing, in place of what was reserved for it.</summary>
    VoidedOnTimeout,
}
