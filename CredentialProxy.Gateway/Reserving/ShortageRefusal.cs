using System.Globalization;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Limits;

namespace CredentialProxy.Gateway.Reserving;

/// <summary>Tells a client which limit its request does not fit, when it may come again, and whether that is worth waiting for.</summary>
internal static class ShortageRefusal
{
    /// <summary>
    /// How long the OpenAI SDKs wait at most because a <c>Retry-After</c> says so; after a longer one they try again at their own pace, within seconds and in vain
    /// (https://github.com/openai/openai-node/blob/master/src/client.ts, <c>retryRequest</c>).
    /// </summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>The refusal.</summary>
    public static Refusal Of(LimitShortage shortage)
    {
        var limit = shortage.Limit;
        var left = Math.Max(0, shortage.Remaining);
        var (unit, amount, rest) = limit.Unit == LimitUnit.Usd
            ? ("USD", MicroUsd.Format(limit.Amount), MicroUsd.Format(left))
            : (limit.Unit.ToString().ToLowerInvariant(), limit.Amount.ToString(CultureInfo.InvariantCulture), left.ToString(CultureInfo.InvariantCulture));
        var kind = shortage.Account.Value[..shortage.Account.Value.IndexOf(':', StringComparison.Ordinal)];
        var window = limit.Unit == LimitUnit.Concurrent ? "at a time" : $"per {limit.Window.ToString().ToLowerInvariant()}";
        return new Refusal(CodeOf(limit), $"The {kind}'s limit of {amount} {unit} {window} has {rest} left, which the most this request can use does not fit in.")
        {
            RetryAfter = shortage.RetryAfter,
            IsFinal = shortage.RetryAfter is not { } wait || IsTooLong(wait, limit.Window),
        };
    }

    private static RefusalCode CodeOf(in Limit limit) => limit.Unit switch
    {
        LimitUnit.Concurrent => RefusalCode.ConcurrencyLimitExceeded,
        LimitUnit.Requests => RefusalCode.RateLimitExceeded,
        _ => WindowClock.IsSliding(limit.Window) ? RefusalCode.RateLimitExceeded : RefusalCode.BudgetExceeded,
    };

    // What slides frees within a minute and one of its buckets: a matter of pace, never of a budget that is gone.
    private static bool IsTooLong(TimeSpan wait, LimitWindow window) => wait > LongestWait && !WindowClock.IsSliding(window);
}
