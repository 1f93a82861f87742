using System.Text;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Usage;
using CredentialProxy.Gateway.Metering;
using CredentialProxy.Tests.Reserving;

namespace CredentialProxy.Tests.Metering;

/// <summary>What an answer costs, tools and terms included.</summary>
public sealed class AnswerCostTests
{
    private const Features Everything = (Features)ulong.MaxValue;

    [Theory]
    [Trait("threat", "spend-5")]
    [InlineData("priority", 2_500)]
    [InlineData("default", 1_000)]
    [InlineData("flex", 500)]
    public void The_tier_that_served_is_paid_whatever_was_asked(string served, long micro) => Assert.Equal(
        micro,
        Cost("openai", "/v1/responses", """{"model":"gpt-5","input":"x"}""", $$$"""{"service_tier":"{{{served}}}","usage":{"input_tokens":0,"output_tokens":100}}""").Cost);

    [Theory]
    [Trait("threat", "spend-6")]
    [InlineData("""{"model":"gpt-5","input":"x","tools":[{"type":"web_search"},{"type":"function"}]}""", """[{"type":"web_search_call"},{"type":"web_search_call"}]""", 20_000, UsageMarks.None)]
    [InlineData("""{"model":"gpt-5","input":"x","tools":[{"type":"file_search"}]}""", """[{"type":"file_search_call"}]""", 2_500, UsageMarks.None)]
    [InlineData("""{"model":"gpt-5","input":"x","tools":[{"type":"code_interpreter","container":{"type":"auto","memory_limit":"4g"}}]}""", """[{"type":"code_interpreter_call"},{"type":"code_interpreter_call"}]""", 120_000, UsageMarks.None)]
    [InlineData("""{"model":"gpt-5","input":"x","tools":[{"type":"code_interpreter"}]}""", "[]", 0, UsageMarks.None)]
    [InlineData("""{"model":"gpt-5","input":"x","tools":[{"type":"shell","environment":{"type":"local"}}]}""", """[{"type":"shell_call"}]""", 0, UsageMarks.None)]
    [InlineData("""{"model":"gpt-5","input":"x","tools":[{"type":"mcp"}]}""", """[{"type":"mcp_call"}]""", 0, UsageMarks.None)]
    [InlineData("""{"model":"gpt-5","input":"x","tools":[{"type":"image_generation"}]}""", """[{"type":"image_generation_call"}]""", 250_000, UsageMarks.Unpriced)]
    [InlineData("""{"model":"gpt-5","input":"x","tools":[{"type":"a_tool_of_next_week"}]}""", "[]", 0, UsageMarks.Unpriced)]
    [InlineData("""{"model":"gpt-5","input":"x","multi_agent":{"enabled":true}}""", "[]", 0, UsageMarks.Unpriced)]
    public void A_response_pays_the_calls_it_tells(string body, string output, long micro, UsageMarks marks) => Assert.Equal(
        (micro, marks), Cost("openai", "/v1/responses", body, $$$"""{"output":{{{output}}},"usage":{"input_tokens":0,"output_tokens":0}}"""));

    [Theory]
    [Trait("threat", "spend-6")]
    [InlineData("anthropic", "/v1/messages", """{"model":"claude-opus-4-5","max_tokens":9,"messages":[],"tools":[{"type":"web_search_20250305"}]}""", """{"usage":{"input_tokens":0,"output_tokens":0,"server_tool_use":{"web_search_requests":3}}}""", 30_000)]
    [InlineData("anthropic", "/v1/messages", """{"model":"claude-opus-4-5","max_tokens":9,"messages":[],"tools":[{"type":"code_execution_20250825"}]}""", """{"usage":{"input_tokens":0,"output_tokens":0}}""", 50_000)]
    [InlineData("openai", "/v1/chat/completions", """{"model":"gpt-4o-search-preview","messages":[]}""", """{"usage":{"prompt_tokens":0,"completion_tokens":0}}""", 25_000)]
    [InlineData("openai", "/v1/chat/completions", """{"model":"gpt-5-search-api","messages":[],"n":2,"web_search_options":{}}""", """{"usage":{"prompt_tokens":0,"completion_tokens":0}}""", 20_000)]
    [InlineData("gemini", "/v1beta/models/gemini-2.5-pro:generateContent", """{"contents":[],"tools":[{"googleMaps":{}}]}""", """{"usageMetadata":{"promptTokenCount":0}}""", 25_000)]
    [InlineData("gemini", "/v1beta/models/gemini-2.5-pro:generateContent", """{"contents":[],"tools":[{"googleSearch":{}}]}""", """{"candidates":[{"groundingMetadata":{"webSearchQueries":["a","b"]}}],"usageMetadata":{"promptTokenCount":0}}""", 35_000)]
    [InlineData("openrouter", "/v1/chat/completions", """{"model":"openai/gpt-4o:online","messages":[]}""", """{"usage":{"prompt_tokens":0,"completion_tokens":0,"cost":0.021}}""", 21_000)]
    public void What_no_answer_tells_is_paid_once(string provider, string path, string body, string answer, long micro) =>
        Assert.Equal((micro, UsageMarks.None), Cost(provider, path, body, answer));

    [Theory]
    [Trait("threat", "spend-8")]
    [InlineData("claude-opus-4-1-20250805", 7_500)]
    [InlineData("claude-haiku-4-5", 500)]
    [InlineData("a-model-of-next-week", 7_500)]
    public void The_model_that_answered_is_paid_and_the_dearest_where_it_is_not_known(string answered, long micro)
    {
        const string Body = """{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[],"fallbacks":[{"model":"claude-opus-4-1"},{"model":"claude-haiku-4-5"}]}""";
        Assert.Equal(micro, Cost("anthropic", "/v1/messages", Body, $$$"""{"model":"{{{answered}}}","usage":{"input_tokens":0,"output_tokens":100}}""").Cost);
    }

    [Fact]
    [Trait("threat", "spend-8")]
    public void A_model_that_is_asked_on_the_side_is_paid_at_the_dearer_price()
    {
        const string Body = """{"model":"claude-haiku-4-5","max_tokens":9,"messages":[],"tools":[{"type":"advisor_20260301","model":"claude-opus-4-1"}]}""";
        const string Answer = """{"model":"claude-haiku-4-5","usage":{"input_tokens":0,"output_tokens":10,"iterations":[{"type":"message","output_tokens":10},{"type":"advisor_message","model":"claude-opus-4-1","output_tokens":90}]}}""";
        Assert.Equal(7_500, Cost("anthropic", "/v1/messages", Body, Answer).Cost);
    }

    [Fact]
    [Trait("threat", "spend-8")]
    public void A_stored_prompt_s_model_is_told_by_the_answer() =>
        Assert.Equal(1_000, Cost("openai", "/v1/responses", """{"prompt":{"id":"pmpt_1"}}""", """{"model":"gpt-5-2025-08-07","usage":{"input_tokens":0,"output_tokens":100}}""").Cost);

    [Fact]
    [Trait("threat", "spend-15")]
    public void The_streamed_and_the_plain_form_of_an_answer_cost_the_same()
    {
        const string Body = """{"model":"gpt-5","input":"x","tools":[{"type":"web_search"}]}""";
        const string Response = """{"service_tier":"priority","output":[{"type":"web_search_call"}],"usage":{"input_tokens":40,"output_tokens":100}}""";
        var plain = Cost("openai", "/v1/responses", Body, Response);
        var stream = Cost(
            "openai", "/v1/responses", Body,
            DialectRows.Sse("""{"type":"response.output_item.done","item":{"type":"web_search_call"}}""", $$"""{"type":"response.completed","response":{{Response}}}"""), AnswerForm.Sse);
        Assert.Equal((10_000 + 2_625, UsageMarks.None), plain);
        Assert.Equal(plain, stream);
    }

    [Fact]
    [Trait("threat", "spend-8")]
    public void Another_model_that_answered_is_paid_by_the_prices_that_the_request_was_judged_by()
    {
        const string Body = """{"model":"claude-haiku-4-5","max_tokens":9,"messages":[],"fallbacks":[{"model":"claude-opus-4-1"}]}""";
        using var inspected = Inspected.Of("anthropic", "/v1/messages", Body, Inspected.Granting(Everything));
        Assert.Same(Inspected.Prices, inspected.Request.Prices);
        inspected.Request.Prices = Inspected.Prices.With([OperatorPrice.Read("price_1", default, "anthropic", ["claude-opus-4-1"], """{"input":1,"output":3}""")]);
        Assert.Equal(300, Cost(inspected, """{"model":"claude-opus-4-1","usage":{"input_tokens":0,"output_tokens":100}}""", AnswerForm.Json).Cost);
    }

    private static (long Cost, UsageMarks Marks) Cost(string provider, string path, string body, string answer, AnswerForm form = AnswerForm.Json)
    {
        using var inspected = Inspected.Of(provider, path, body, Inspected.Granting(Everything));
        return Cost(inspected, answer, form);
    }

    private static (long Cost, UsageMarks Marks) Cost(Inspected inspected, string answer, AnswerForm form)
    {
        Assert.Null(inspected.Refusal);
        var request = inspected.Request;
        var meter = new UsageMeter(request.Route.Endpoint!.Dialect, form, keepsText: false, keepsModel: request.Facts.Features?.Has(Features.ModelChoice) == true);
        meter.Observe(Encoding.UTF8.GetBytes(answer));
        meter.Complete();
        Assert.True(meter.HasUsage);
        return (AnswerCost.Of(request, meter, meter.Usage), AnswerCost.Marks(request, meter.Usage));
    }
}
