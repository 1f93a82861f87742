using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Metering;

/// <summary>What is charged for streams that broke off before the provider's figures: thinking, which nobody sees, by the time it can have taken.</summary>
public sealed class OutcomeTests
{
    private const string Chat = """{"choices":[{"delta":{"content":"fox"}}]}""";
    private const string Thought = """{"choices":[{"delta":{"reasoning":"fox"}}]}""";
    private const string Delta = """{"type":"response.output_text.delta","delta":"fox"}""";
    private const string Summary = """{"type":"response.reasoning_summary_text.delta","delta":"fox"}""";

    [Theory]
    [Trait("threat", "spend-2")]
    [Trait("threat", "spend-14")]
    // Before anything came; after the first word, and after a pause that is none; after one that is.
    [InlineData(2, -1, 0, 6000)]
    [InlineData(2, 0.9, 0.9, 6000)]
    [InlineData(2, 1.5, 0.9, 10_500)]
    [InlineData(2, 0.9, 4, 18_000)]
    [InlineData(0, 0.9, 0.9, 0)]
    public void Silence_is_charged_as_thinking(double first, double second, double last, long least)
    {
        using var answer = Reasoning();
        answer.Pass(first);
        if (second >= 0)
        {
            answer.Send(Chat).Send(Chat, second);
        }
        answer.Pass(last);
        var outcome = answer.Judge();
        // The words that came, and a twentieth for what was under way.
        Assert.InRange(outcome.Usage.OutputTokens, least, (long)(least * 1.05) + 4);
        Assert.Equal(UsageMarks.Estimated | UsageMarks.UpstreamAborted, outcome.Marks);
        Assert.Equal(outcome.Usage.TotalTokens, outcome.Demand.Tokens);
    }

    [Fact]
    [Trait("threat", "spend-2")]
    public void The_wait_for_the_answer_s_head_is_silence_too()
    {
        using var answer = Reasoning(headersAfterSeconds: 3);
        Assert.InRange(answer.Judge().Usage.OutputTokens, 9000, 9450);
    }

    [Fact]
    [Trait("threat", "spend-2")]
    public void Silence_costs_no_more_than_what_is_held_for_output()
    {
        using var answer = Reasoning();
        answer.Pass(120);
        var outcome = answer.Judge();
        Assert.InRange(outcome.Usage.OutputTokens, 30_000, 31_500);
        Assert.InRange(outcome.Demand.Tokens, 30_000, answer.Held.Tokens);
        Assert.InRange(outcome.CostMicroUsd, 1, answer.Held.CostMicroUsd);
    }

    [Theory]
    [Trait("threat", "spend-2")]
    [InlineData("openai", "/v1/chat/completions", """{"model":"gpt-5","stream":true,"max_completion_tokens":30000,"messages":[]}""", Thought)]
    [InlineData("openai", "/v1/responses", """{"model":"gpt-5","stream":true,"max_output_tokens":30000,"input":"x"}""", Summary)]
    [InlineData("openai", "/v1/responses", """{"model":"gpt-5","stream":true,"max_output_tokens":30000,"input":"x"}""", """{"delta":"fox","type":"response.reasoning_text.delta"}""")]
    [InlineData("anthropic", "/v1/messages", """{"model":"claude-opus-4-5","stream":true,"max_tokens":30000,"messages":[]}""", """{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"fox"}}""")]
    [InlineData("gemini", "/v1beta/models/gemini-2.5-pro:streamGenerateContent", """{"contents":[],"generationConfig":{"maxOutputTokens":30000}}""", """{"candidates":[{"content":{"parts":[{"text":"fox","thought":true}]}}]}""")]
    public void A_summary_of_what_is_thought_does_not_end_the_silence(string provider, string path, string body, string summary)
    {
        using var answer = new BrokenAnswer(provider, path, body);
        for (var i = 0; i < 8; i++)
        {
            answer.Send(summary, afterSeconds: 0.5);
        }
        Assert.InRange(answer.Judge().Usage.OutputTokens, 12_000, 12_700);
    }

    [Theory]
    [Trait("threat", "spend-2")]
    [InlineData("""{"model":"gpt-4o","stream":true,"max_tokens":9000,"messages":[]}""")]
    [InlineData("""{"model":"gpt-4.1-mini-2025-04-14","stream":true,"max_tokens":9000,"messages":[]}""")]
    public void A_model_that_never_reasons_is_charged_for_its_words(string body)
    {
        using var answer = new BrokenAnswer("openai", "/v1/chat/completions", body);
        answer.Send(Chat, afterSeconds: 3).Pass(3);
        Assert.InRange(answer.Judge().Usage.OutputTokens, 1, 2);
    }

    [Theory]
    [InlineData("openai/gpt-4o-mini", false)]
    [InlineData("ft:gpt-4o-mini-2024-07-18:team::x", false)]
    [InlineData("anthropic/claude-3.5-sonnet:nitro", false)]
    [InlineData("google/gemini-2.0-flash-001", false)]
    [InlineData("google/gemini-2.0-flash-thinking-exp", true)]
    [InlineData("anthropic/claude-3.7-sonnet", true)]
    [InlineData("openai/o3", true)]
    [InlineData("gpt-4o/o3", true)]
    [InlineData("a-model-of-next-week", true)]
    public void What_is_not_known_never_to_reason_may(string model, bool mayReason) => Assert.Equal(mayReason, Reserving.Inspected.Prices.Find("openrouter", model).MayReason);

    [Fact]
    [Trait("threat", "spend-4")]
    public void Of_several_answers_one_may_be_thought_about_while_another_speaks()
    {
        using var answer = new BrokenAnswer("openai", "/v1/chat/completions", """{"model":"gpt-5","stream":true,"n":4,"max_completion_tokens":10000,"messages":[]}""");
        for (var i = 0; i < 4; i++)
        {
            answer.Send(Chat, afterSeconds: 0.5);
        }
        Assert.InRange(answer.Judge().Usage.OutputTokens, 4 * 6000, 4 * 6500);
    }

    [Theory]
    [Trait("threat", "spend-14")]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4o-audio-preview","stream":true,"max_tokens":900,"messages":[],"modalities":["text","audio"],"audio":{"voice":"alloy","format":"pcm16"}}""")]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4o","stream":true,"max_tokens":900,"messages":[],"prediction":{"type":"content","content":"a b c"}}""")]
    [InlineData("/v1/responses", """{"model":"gpt-4o","stream":true,"max_output_tokens":900,"input":"x","context_management":[{"type":"compaction","compact_threshold":1000}]}""")]
    public void What_neither_words_nor_time_tell_is_charged_at_the_reservation(string path, string body)
    {
        using var answer = new BrokenAnswer("openai", path, body);
        answer.Send(path == "/v1/responses" ? Delta : Chat);
        var outcome = answer.Judge();
        Assert.Equal((answer.Held, UsageMarks.ChargedAtReservation), (outcome.Demand, outcome.Marks & UsageMarks.ChargedAtReservation));
    }

    [Fact]
    [Trait("threat", "spend-2")]
    public void What_a_custom_tool_is_told_is_counted()
    {
        using var answer = new BrokenAnswer("openai", "/v1/chat/completions", """{"model":"gpt-4o","stream":true,"max_tokens":900,"messages":[],"tools":[{"type":"custom","custom":{"name":"run"}}]}""");
        for (var i = 0; i < 200; i++)
        {
            answer.Send("""{"choices":[{"delta":{"tool_calls":[{"index":0,"custom":{"input":" fox"}}]}}]}""");
        }
        Assert.InRange(answer.Judge().Usage.OutputTokens, 200, 211);
    }

    [Fact]
    public void An_answer_that_came_to_its_end_is_counted_by_its_words()
    {
        using var answer = Reasoning();
        answer.Send(Chat, afterSeconds: 2).Send("[DONE]");
        answer.End();
        Assert.Equal((1, UsageMarks.Estimated), (answer.Judge().Usage.OutputTokens, answer.Judge().Marks));
    }

    [Fact]
    public void An_operator_may_charge_less_for_silence_or_nothing()
    {
        using var answer = Reasoning();
        answer.Pass(2);
        Assert.InRange(answer.Judge(hiddenTokensPerSecond: 100).Usage.OutputTokens, 200, 210);
        Assert.Equal(0, answer.Judge(hiddenTokensPerSecond: 0).Usage.OutputTokens);
    }

    private static BrokenAnswer Reasoning(double headersAfterSeconds = 0) =>
        new("openai", "/v1/chat/completions", """{"model":"gpt-5","stream":true,"max_completion_tokens":30000,"messages":[{"role":"user","content":"Think."}]}""", headersAfterSeconds);
}
