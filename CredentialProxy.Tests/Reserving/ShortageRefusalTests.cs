using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Limits;
using CredentialProxy.Gateway.Reserving;

namespace CredentialProxy.Tests.Reserving;

public sealed class ShortageRefusalTests
{
    [Theory]
    [InlineData(LimitUnit.Tokens, LimitWindow.Lifetime, null, RefusalCode.BudgetExceeded, true)]
    [InlineData(LimitUnit.Usd, LimitWindow.Month, 86_400, RefusalCode.BudgetExceeded, true)]
    [InlineData(LimitUnit.Tokens, LimitWindow.Day, 61, RefusalCode.BudgetExceeded, true)]
    [InlineData(LimitUnit.Usd, LimitWindow.Hour, 61, RefusalCode.BudgetExceeded, true)]
    [InlineData(LimitUnit.Requests, LimitWindow.Hour, 61, RefusalCode.RateLimitExceeded, true)]
    [InlineData(LimitUnit.Requests, LimitWindow.Lifetime, null, RefusalCode.RateLimitExceeded, true)]
    // Near the window's end, or while open requests hold what is missing, an SDK may well wait.
    [InlineData(LimitUnit.Usd, LimitWindow.Month, 60, RefusalCode.BudgetExceeded, false)]
    [InlineData(LimitUnit.Tokens, LimitWindow.Hour, 60, RefusalCode.BudgetExceeded, false)]
    [InlineData(LimitUnit.Tokens, LimitWindow.Lifetime, 1, RefusalCode.BudgetExceeded, false)]
    // A pace is no budget.
    [InlineData(LimitUnit.Requests, LimitWindow.Minute, 61, RefusalCode.RateLimitExceeded, false)]
    [InlineData(LimitUnit.Tokens, LimitWindow.Minute, 61, RefusalCode.RateLimitExceeded, false)]
    [InlineData(LimitUnit.Usd, LimitWindow.Second, 1, RefusalCode.RateLimitExceeded, false)]
    [InlineData(LimitUnit.Concurrent, LimitWindow.Lifetime, 1, RefusalCode.ConcurrencyLimitExceeded, false)]
    // But nothing fits a limit of nothing, or a request that is larger than the limit.
    [InlineData(LimitUnit.Tokens, LimitWindow.Minute, null, RefusalCode.RateLimitExceeded, true)]
    [InlineData(LimitUnit.Concurrent, LimitWindow.Lifetime, null, RefusalCode.ConcurrencyLimitExceeded, true)]
    public void A_refusal_is_final_where_no_client_will_wait(LimitUnit unit, LimitWindow window, int? waitSeconds, RefusalCode code, bool isFinal)
    {
        TimeSpan? wait = waitSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        var refusal = ShortageRefusal.Of(new LimitShortage(AccountId.Token("tok_1"), new Limit(unit, 1_000, window), 7, wait, IsTransient: false));
        Assert.Equal((code, isFinal, wait), (refusal.Code, refusal.IsFinal, refusal.RetryAfter));
    }

    [Theory]
    [InlineData(LimitUnit.Usd, LimitWindow.Day, "The token's limit of 0.001 USD per day has 0.000007 left, which the most this request can use does not fit in.")]
    [InlineData(LimitUnit.Concurrent, LimitWindow.Lifetime, "The token's limit of 1000 concurrent at a time has 7 left, which the most this request can use does not fit in.")]
    public void It_says_what_is_short_in_the_limit_s_own_unit(LimitUnit unit, LimitWindow window, string message) =>
        Assert.Equal(message, ShortageRefusal.Of(new LimitShortage(AccountId.Token("tok_1"), new Limit(unit, 1_000, window), 7, null, IsTransient: false)).Message);
}
