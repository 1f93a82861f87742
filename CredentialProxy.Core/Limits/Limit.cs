namespace CredentialProxy.Core.Limits;

/// <summary>What a <see cref="Limit"/> counts.</summary>
public enum LimitUnit
{
    /// <summary>Input and output tokens of a model, cached and reasoning tokens included.</summary>
    Tokens,

    /// <summary>Cost in United States dollars, kept as integer micro-dollars (1 USD = 1,000,000).</summary>
    Usd,

    /// <summary>Requests sent to a provider.</summary>
    Requests,

    /// <summary>Requests open at the same moment. A gauge: it has no window and nothing of it is ever spent.</summary>
    Concurrent,
}

/// <summary>The span of time over which a <see cref="Limit"/> holds.</summary>
public enum LimitWindow
{
    /// <summary>Once and for all.</summary>
    Lifetime,

    /// <summary>A calendar month, UTC.</summary>
    Month,

    /// <summary>A calendar day, UTC.</summary>
    Day,

    /// <summary>A clock hour, UTC.</summary>
    Hour,

    /// <summary>Any 60 consecutive seconds (sliding).</summary>
    Minute,

    /// <summary>Any 1,000 consecutive milliseconds (sliding).</summary>
    Second,
}

/// <summary>The most of one unit that may be used in one window.</summary>
/// <param name="Unit">What is counted.</param>
/// <param name="Amount">The most that may be used: 0 (nothing, always refused) to <see cref="MaxAmount"/>; micro-dollars for <see cref="LimitUnit.Usd"/>.</param>
/// <param name="Window">The span it holds for; <see cref="LimitWindow.Lifetime"/> for <see cref="LimitUnit.Concurrent"/>.</param>
public readonly record struct Limit(LimitUnit Unit, long Amount, LimitWindow Window)
{
    /// <summary>2^53 − 1: the largest integer that JSON numbers, Redis Lua and SQLite all carry exactly.</summary>
    public const long MaxAmount = (1L << 53) - 1;

    /// <summary>The amount, or the nearest that there can be: providers are not trusted to report sane figures.</summary>
    public static long Bound(long amount) => Math.Clamp(amount, 0, MaxAmount);

    /// <summary>The sum of two amounts, each of them and it brought into bounds.</summary>
    public static long BoundSum(long amount, long more) => Bound(Bound(amount) + Bound(more));

    /// <summary>Whether it bounds anything: a limit of the largest amount only has its account counted.</summary>
    public bool IsBounded => Amount < MaxAmount;
}
