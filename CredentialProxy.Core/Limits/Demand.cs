namespace CredentialProxy.Core.Limits;

/// <summary>What one request takes of each unit: its worst case when reserved, its real use when settled.</summary>
/// <param name="Tokens">Input and output tokens, at least 0.</param>
/// <param name="CostMicroUsd">Cost in micro-dollars, at least 0.</param>
/// <param name="Requests">1 for a request that reaches the provider, 0 for one that never did.</param>
public readonly record struct Demand(long Tokens, long CostMicroUsd, long Requests = 1)
{
    /// <summary>The amount of <paramref name="unit"/>; a request is 1 of <see cref="LimitUnit.Concurrent"/> while it is open.</summary>
    public long Of(LimitUnit unit) => unit switch
    {
        LimitUnit.Tokens => Tokens,
        LimitUnit.Usd => CostMicroUsd,
        LimitUnit.Requests => Requests,
        _ => 1,
    };

    /// <summary>The same with every amount between 0 and <see cref="Limit.MaxAmount"/>: providers are not trusted to report sane figures.</summary>
    internal Demand Bounded() => new(
        Limit.Bound(Tokens), Limit.Bound(CostMicroUsd), Limit.Bound(Requests));
}
