using System.Text;
using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Metering;

/// <summary>What answers say beside their tokens: how they were served, and what was called for them.</summary>
public sealed class ServedTermsTests
{
    private static readonly ServiceTerms Asked = new(ServiceTier.Auto);

    public static TheoryData<Dialect, string, ServiceTier, InferenceGeo> Terms => new()
    {
        { Dialect.OpenAIChat, """{"choices":[],"service_tier":"priority","usage":{"prompt_tokens":1,"completion_tokens":2}}""", ServiceTier.Priority, InferenceGeo.Unstated },
        { Dialect.OpenAIChat, """{"choices":[{"message":{"service_tier":"priority"}}],"usage":{"prompt_tokens":1,"completion_tokens":2},"service_tier":"default"}""", ServiceTier.Standard, InferenceGeo.Unstated },
        { Dialect.OpenAIChat, """{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}""", ServiceTier.Standard, InferenceGeo.Unstated },
        { Dialect.OpenAIChat, """{"choices":[],"service_tier":"warp","usage":{"prompt_tokens":1,"completion_tokens":2}}""", ServiceTier.Unknown, InferenceGeo.Unstated },
        { Dialect.OpenAIResponses, """{"id":"r","service_tier":"flex","usage":{"input_tokens":1,"output_tokens":2}}""", ServiceTier.Flex, InferenceGeo.Unstated },
        { Dialect.AnthropicMessages, """{"content":[],"usage":{"input_tokens":1,"output_tokens":2,"service_tier":"priority","speed":"fast","inference_geo":"us"}}""", ServiceTier.Fast, InferenceGeo.Us },
        { Dialect.AnthropicMessages, """{"content":[],"usage":{"input_tokens":1,"output_tokens":2,"service_tier":"priority","speed":null,"inference_geo":"not_available"}}""", ServiceTier.Standard, InferenceGeo.Global },
        { Dialect.GeminiGenerate, """{"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2,"serviceTier":"priority"}}""", ServiceTier.Priority, InferenceGeo.Unstated },
    };

    [Theory]
    [Trait("threat", "spend-5")]
    [MemberData(nameof(Terms))]
    public void The_terms_are_read_wherever_the_answer_is_split(Dialect dialect, string answer, ServiceTier tier, InferenceGeo geo)
    {
        for (var split = 0; split < answer.Length; split++)
        {
            var meter = Metered.Of(dialect, AnswerForm.Json, Encoding.UTF8.GetBytes(answer), keepsText: true, split);
            Assert.Equal(new ServiceTerms(tier, geo), meter.ServedUnder(Asked));
        }
    }

    [Fact]
    [Trait("threat", "spend-5")]
    [Trait("threat", "spend-15")]
    public void The_terms_of_a_stream_are_the_plain_answer_s()
    {
        var chat = Metered.Sse(Dialect.OpenAIChat, """{"choices":[],"service_tier":"priority","usage":{"prompt_tokens":1,"completion_tokens":2}}""", "[DONE]");
        var response = Metered.Sse(Dialect.OpenAIResponses, """{"type":"response.completed","response":{"service_tier":"priority","usage":{"input_tokens":1,"output_tokens":2}}}""");
        var message = Metered.Sse(
            Dialect.AnthropicMessages,
            """{"type":"message_start","message":{"usage":{"input_tokens":1,"output_tokens":1,"speed":"fast","inference_geo":"us"}}}""",
            """{"type":"message_delta","usage":{"output_tokens":2}}""");
        Assert.Equal((ServiceTier.Priority, ServiceTier.Priority), (chat.ServedUnder(Asked).Tier, response.ServedUnder(Asked).Tier));
        Assert.Equal(new ServiceTerms(ServiceTier.Fast, InferenceGeo.Us), message.ServedUnder(Asked));
    }

    [Fact]
    public void What_the_answer_does_not_say_is_what_was_asked_for() =>
        Assert.Equal(new ServiceTerms(ServiceTier.Fast, InferenceGeo.Us), Metered.Json(Dialect.AnthropicMessages, "{}").ServedUnder(new ServiceTerms(ServiceTier.Fast, InferenceGeo.Us)));

    private const string Calls =
        """[{"type":"reasoning"},{"type":"web_search_call","action":{"type":"search"}},{"type":"web_search_call"},{"type":"file_search_call"},{"type":"code_interpreter_call"},{"type":"image_generation_call"},{"type":"message","content":[{"type":"web_search_call"}]}]""";

    private static readonly ToolCalls Called = new() { WebSearches = 2, FileSearches = 1, ContainerGigabytes = 1, Images = 1 };

    [Fact]
    [Trait("threat", "spend-6")]
    public void The_calls_of_a_response_are_counted_wherever_it_is_split()
    {
        var answer = $$"""{"id":"r","output":{{Calls}},"tools":[{"type":"web_search_call"}],"usage":{"input_tokens":1,"output_tokens":2} }""";
        for (var split = 0; split < answer.Length; split++)
        {
            Assert.Equal(Called, Metered.Of(Dialect.OpenAIResponses, AnswerForm.Json, Encoding.UTF8.GetBytes(answer), keepsText: true, split).Calls);
        }
    }

    [Fact]
    [Trait("threat", "spend-6")]
    [Trait("threat", "spend-15")]
    public void The_calls_of_a_stream_are_counted_once()
    {
        string[] events =
        [
            """{"type":"response.created","response":{"output":[]}}""",
            """{"type":"response.output_item.added","item":{"type":"web_search_call"}}""",
            """{"type":"response.output_item.done","item":{"type":"web_search_call"}}""",
            """{"item":{"type":"web_search_call"},"type":"response.output_item.done"}""",
            """{"type":"response.output_item.done","item":{"type":"file_search_call"}}""",
            """{"type":"response.output_item.done","item":{"type":"code_interpreter_call"}}""",
            """{"type":"response.output_item.done","item":{"type":"image_generation_call"}}""",
            $$"""{"type":"response.completed","response":{"output":{{Calls}},"usage":{"input_tokens":1,"output_tokens":2} } }""",
        ];
        var stream = Encoding.UTF8.GetBytes(DialectRows.Sse(events));
        for (var split = 0; split < stream.Length; split++)
        {
            Assert.Equal(Called, Metered.Of(Dialect.OpenAIResponses, AnswerForm.Sse, stream, keepsText: true, split).Calls);
        }
        // One that breaks off has told what it had done.
        Assert.Equal(new ToolCalls { WebSearches = 2, FileSearches = 1 }, Metered.Sse(Dialect.OpenAIResponses, events[..5]).Calls);
    }

    [Fact]
    [Trait("threat", "spend-6")]
    public void The_calls_of_Anthropic_and_Google_are_counted()
    {
        var message = Metered.Json(Dialect.AnthropicMessages, """{"usage":{"input_tokens":1,"output_tokens":2,"server_tool_use":{"web_search_requests":3,"web_fetch_requests":2}}}""");
        Assert.Equal(new ToolCalls { WebSearches = 3, WebFetches = 2 }, message.Calls);
        const string Grounded = """{"candidates":[{"content":{"parts":[{"text":"a"}]},"groundingMetadata":{"webSearchQueries":["one","two \"quoted\""],"groundingChunks":[{"web":{"uri":"x"}}]}}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}}""";
        Assert.Equal(new ToolCalls { WebSearches = 2 }, Metered.Json(Dialect.GeminiGenerate, Grounded).Calls);
        Assert.Equal(new ToolCalls { WebSearches = 2 }, Metered.Json(Dialect.GeminiGenerate, $"[{Grounded}]").Calls);
        Assert.Equal(new ToolCalls { WebSearches = 2 }, Metered.Sse(Dialect.GeminiGenerate, Grounded).Calls);
    }

    [Fact]
    [Trait("threat", "spend-5")]
    public void A_summary_s_tokens_are_added_to_the_answer_s()
    {
        const string Usage =
            """
            {"usage":{"input_tokens":10,"output_tokens":20,"cache_read_input_tokens":5,"iterations":[
            {"type":"compaction","input_tokens":1000,"output_tokens":300,"cache_read_input_tokens":100,"cache_creation_input_tokens":50,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":40}},
            {"type":"message","input_tokens":10,"output_tokens":20,"cache_read_input_tokens":5,"cache_creation_input_tokens":0},
            {"output_tokens":7,"input_tokens":1,"type":"a_sort_of_next_week"}]}}
            """;
        var expected = new TokenUsage { InputTokens = 1166, CachedInputTokens = 105, CacheWriteTokens = 10, CacheWriteHourTokens = 40, OutputTokens = 327 };
        Assert.Equal(expected, Metered.Json(Dialect.AnthropicMessages, Usage).Usage);
        // Each event repeats the list as far as it has come.
        var delta = Usage.ReplaceLineEndings("").Replace("{\"usage\"", "{\"type\":\"message_delta\",\"usage\"", StringComparison.Ordinal);
        Assert.Equal(expected, Metered.Sse(Dialect.AnthropicMessages, delta, delta).Usage);
    }

    [Fact]
    [Trait("threat", "spend-5")]
    public void Every_modality_is_told_apart()
    {
        var gemini = Metered.Json(
            Dialect.GeminiGenerate,
            """
            {"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":60,"cachedContentTokenCount":20,"toolUsePromptTokenCount":10,
            "promptTokensDetails":[{"modality":"TEXT","tokenCount":10},{"modality":"IMAGE","tokenCount":30},{"modality":"VIDEO","tokenCount":20},{"modality":"AUDIO","tokenCount":40}],
            "toolUsePromptTokensDetails":[{"modality":"IMAGE","tokenCount":10}],"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":15}],
            "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":50},{"modality":"TEXT","tokenCount":10}]}}
            """);
        Assert.Equal(
            new TokenUsage { InputTokens = 110, CachedInputTokens = 20, AudioInputTokens = 40, CachedAudioInputTokens = 15, ImageInputTokens = 40, VideoInputTokens = 20, OutputTokens = 60, ImageOutputTokens = 50 },
            gemini.Usage);
        var openAI = Metered.Json(
            Dialect.OpenAIResponses,
            """
            {"usage":{"input_tokens":100,"output_tokens":9,"input_tokens_details":{"cached_tokens":30,"cached_tokens_details":{"audio_tokens":10},"audio_tokens":20,"image_tokens":5,"cache_write_tokens":40,
            "cache_write_tokens_details":{"ttl_12h_tokens":25,"ttl_30m_tokens":15}},"output_tokens_details":{"image_tokens":4}}}
            """);
        Assert.Equal(
            new TokenUsage { InputTokens = 100, CachedInputTokens = 30, AudioInputTokens = 20, CachedAudioInputTokens = 10, ImageInputTokens = 5, CacheWriteTokens = 15, CacheWriteHourTokens = 25, OutputTokens = 9, ImageOutputTokens = 4 },
            openAI.Usage);
    }

    [Fact]
    [Trait("threat", "spend-8")]
    public void The_model_that_answered_is_noted_where_it_matters()
    {
        const string Answer = """{"id":"r","model":"openai/gpt-5.1-codex-max-2026-01-01-long-name","choices":[{"model":"x"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}""";
        var meter = new UsageMeter(Dialect.OpenAIChat, AnswerForm.Json, keepsText: false, keepsModel: true);
        meter.Observe(Encoding.UTF8.GetBytes(Answer));
        Assert.Equal("openai/gpt-5.1-codex-max-2026-01-01-long-name", meter.Model);
        Assert.Null(Metered.Json(Dialect.OpenAIChat, Answer).Model);
    }
}
