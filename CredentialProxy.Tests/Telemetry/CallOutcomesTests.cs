using CredentialProxy.Core.Usage;
using CredentialProxy.Gateway.Forwarding;
using CredentialProxy.Tests.Metering;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>What is measured of a call says something against the provider and its credential only where they are to blame.</summary>
public sealed class CallOutcomesTests
{
    [Theory]
    [InlineData(EndReason.None, "broken_off")]
    [InlineData(EndReason.IdleTimeout, "timed_out")]
    [InlineData(EndReason.RequestTimeout, "timed_out")]
    [InlineData(EndReason.ClientTooSlow, "client_left")]
    [InlineData(EndReason.TokenRevoked, "refused")]
    [InlineData(EndReason.TokenExpired, "refused")]
    [InlineData(EndReason.LimitSpent, "refused")]
    [InlineData(EndReason.Stopping, "refused")]
    internal void A_stream_that_is_cut_counts_by_who_cut_it(EndReason reason, string outcome)
    {
        using var answer = new BrokenAnswer("openai", "/v1/chat/completions", """{"model":"gpt-4o-mini","stream":true,"max_tokens":100,"messages":[]}""");
        answer.Send("""{"choices":[{"delta":{"content":"Hello"}}]}""");
        if (reason != EndReason.None)
        {
            answer.End(reason);
        }
        Assert.Equal(outcome, answer.CallOutcome);
        Assert.Equal(reason == EndReason.ClientTooSlow, answer.Judge().Marks.HasFlag(UsageMarks.ClientAborted));
    }

    [Fact]
    public void One_that_came_to_its_end_succeeded_whatever_was_about_to_end_it()
    {
        using var answer = new BrokenAnswer("openai", "/v1/chat/completions", """{"model":"gpt-4o-mini","stream":true,"max_tokens":100,"messages":[]}""");
        answer.Send("[DONE]").End();
        answer.End(EndReason.ClientTooSlow);
        Assert.Equal("succeeded", answer.CallOutcome);
    }
}
