using System.Text;
using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Metering;

/// <summary>Usage that is odd, wrong, hidden or missing.</summary>
public sealed class UsageMeterTests
{
    [Theory]
    [Trait("threat", "spend-3")]
    [InlineData("""{"prompt_tokens":-1,"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":-5}""")]
    [InlineData("""{"prompt_tokens":9007199254740992,"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":1e308,"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":123456789012345678901234567890,"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":1.5,"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":"10","completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":-3}}""")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":"3"}}""")]
    [InlineData("""{"prompt_tokens":null,"completion_tokens":5}""")]
    [InlineData("""{"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":10}""")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[1,2]")]
    [InlineData("\"prompt_tokens\"")]
    [InlineData("12")]
    public void Usage_that_can_not_be_is_none(string usage)
    {
        var meter = Metered.Json(Dialect.OpenAIChat, $$"""{"choices":[],"usage":{{usage}} }""");
        Assert.Equal((false, true), (meter.HasUsage, meter.IsTerminal));
    }

    [Fact]
    [Trait("threat", "spend-3")]
    public void Usage_that_can_not_be_leaves_an_earlier_one_alone()
    {
        var meter = Metered.Sse(
            Dialect.OpenAIChat,
            """{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5}}""",
            """{"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":-6}}""");
        Assert.Equal((10, 5, true), (meter.Usage.InputTokens, meter.Usage.OutputTokens, meter.HasUsage));
    }

    [Fact]
    [Trait("threat", "spend-3")]
    public void Of_repeated_usage_the_last_counts()
    {
        var meter = Metered.Json(Dialect.OpenAIChat, """{"usage":{"prompt_tokens":1,"completion_tokens":1},"usage":{"prompt_tokens":10,"prompt_tokens":20,"completion_tokens":5.0}}""");
        Assert.Equal((20, 5), (meter.Usage.InputTokens, meter.Usage.OutputTokens));
    }

    [Fact]
    [Trait("threat", "spend-3")]
    public void Zeros_before_the_last_event_of_a_stream_are_no_usage()
    {
        var meter = Metered.Sse(Dialect.OpenAIChat, """{"choices":[{"delta":{"content":"Hi"}}],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}""");
        Assert.Equal((false, 2), (meter.HasUsage, meter.EstimateOutputTokens()));
    }

    [Theory]
    [Trait("threat", "spend-3")]
    [InlineData("""{"choices":[{"message":{"content":"\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}"}}]}""")]
    [InlineData("""{"choices":[{"message":{"content":"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\\"}}]}""")]
    [InlineData("""{"choices":[{"message":{"content":"{\\\"usage\\\":{\\\"prompt_tokens\\\":1"}}]}""")]
    [InlineData("""{"choices":[{"usage":{"prompt_tokens":1,"completion_tokens":1}}]}""")]
    [InlineData("""{"choices":{"usage":{"prompt_tokens":1,"completion_tokens":1}}}""")]
    [InlineData("""{"metadata":{"usage":{"prompt_tokens":1,"completion_tokens":1}}}""")]
    [InlineData("""{"x":["usage",{"prompt_tokens":1,"completion_tokens":1}]}""")]
    [InlineData("""[[{"usage":{"prompt_tokens":1,"completion_tokens":1}}]]""")]
    [InlineData("""{"message":{"a":{"usage":{"prompt_tokens":1,"completion_tokens":1}}}}""")]
    [InlineData("""{"response":[{"usage":{"prompt_tokens":1,"completion_tokens":1}}]}""")]
    public void What_only_looks_like_usage_is_not_read(string answer)
    {
        var bytes = Encoding.UTF8.GetBytes(answer);
        for (var split = 0; split < bytes.Length; split++)
        {
            Assert.False(Metered.Of(Dialect.OpenAIChat, AnswerForm.Json, bytes, keepsText: true, split).HasUsage);
        }
    }

    [Fact]
    [Trait("threat", "spend-3")]
    public void Figures_inside_a_usage_object_count_at_their_own_place_only()
    {
        var meter = Metered.Json(Dialect.OpenAIChat, """
            {"usage":{"prompt_tokens":10,"completion_tokens":5,"iterations":[{"prompt_tokens":1,"completion_tokens":1}],"prompt_tokens_details":{"prompt_tokens":2,"x":{"cached_tokens":4}},"note":{"completion_tokens":3},"text":"\"prompt_tokens\":9"}}
            """);
        Assert.Equal(new TokenUsage { InputTokens = 10, OutputTokens = 5 }, meter.Usage);
    }

    [Fact]
    [Trait("threat", "spend-3")]
    [Trait("threat", "fault-6")]
    public void A_usage_object_is_found_behind_any_amount_of_answer_without_keeping_it()
    {
        var meter = new UsageMeter(Dialect.OpenAIChat, AnswerForm.Json, keepsText: false);
        var part = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("text and \\\"quotes\\\" ", 3000)));
        meter.Observe("""{"choices":[{"message":{"content":" """u8);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var length = 0L; length < 50 * 1024 * 1024; length += part.Length)
        {
            meter.Observe(part);
        }
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4096);
        meter.Observe(" \"}}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":8}}"u8);
        Assert.Equal((7, 8, true), (meter.Usage.InputTokens, meter.Usage.OutputTokens, meter.IsTerminal));
    }

    [Fact]
    [Trait("threat", "fault-6")]
    [Trait("threat", "avail-2")]
    public void An_event_of_any_size_is_read_without_keeping_it()
    {
        var meter = new UsageMeter(Dialect.OpenAIResponses, AnswerForm.Sse, keepsText: true);
        var part = Encoding.UTF8.GetBytes(new string('x', 60_000));
        meter.Observe("data: {\"type\":\"response.completed\",\"response\":{\"output\":[{\"content\":[{\"text\":\""u8);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            meter.Observe(part);
        }
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4096);
        meter.Observe("\"}]}],\"usage\":{\"input_tokens\":7,\"output_tokens\":8}}}\n\n"u8);
        Assert.Equal((15, true), (meter.Usage.TotalTokens, meter.IsTerminal));
    }

    [Theory]
    [InlineData('[', ']')]
    [InlineData('{', '}')]
    public void Nesting_of_any_depth_is_passed_over(char open, char close)
    {
        var deep = new string(open, 10_000);
        var answer = $$"""{"x":[{{deep}}{{new string(close, 10_000)}}],"usage":{"prompt_tokens":7,"completion_tokens":8} }""";
        Assert.Equal(15, Metered.Json(Dialect.OpenAIChat, answer).Usage.TotalTokens);
        Assert.False(Metered.Json(Dialect.OpenAIChat, deep).HasUsage);
    }

    [Fact]
    [Trait("threat", "spend-3")]
    public void A_usage_object_beyond_any_sense_is_none()
    {
        var padding = string.Concat(Enumerable.Repeat("\"x\":{},", 4000));
        Assert.False(Metered.Json(Dialect.OpenAIChat, $$"""{"usage":{ {{padding}}"prompt_tokens":7,"completion_tokens":8} }""").HasUsage);
    }

    [Fact]
    public void A_usage_object_of_a_few_kilobytes_is_read()
    {
        var iterations = string.Join(',', Enumerable.Repeat("""{"type":"message","input_tokens":1,"output_tokens":2}""", 100));
        var meter = Metered.Json(Dialect.AnthropicMessages, $$"""{"usage":{"iterations":[{{iterations}}],"input_tokens":7,"output_tokens":8} }""");
        Assert.Equal((7, 8), (meter.Usage.InputTokens, meter.Usage.OutputTokens));
    }

    [Fact]
    [Trait("threat", "spend-3")]
    [Trait("threat", "fault-6")]
    public void An_Anthropic_stream_cut_before_its_message_delta_knows_its_input_only()
    {
        var meter = Metered.Sse(
            Dialect.AnthropicMessages,
            """{"type":"message_start","message":{"usage":{"input_tokens":25,"cache_read_input_tokens":5,"output_tokens":1}}}""",
            """{"type":"content_block_delta","delta":{"type":"text_delta","text":"one two three"}}""");
        Assert.Equal((30, true, false, false), (meter.Usage.InputTokens, meter.HasInputUsage, meter.HasUsage, meter.IsTerminal));
        Assert.Equal((long)Math.Ceiling(3 * 1.2), meter.EstimateOutputTokens());
    }

    [Fact]
    public void An_Anthropic_message_delta_alone_is_no_whole_usage()
    {
        var meter = Metered.Sse(Dialect.AnthropicMessages, """{"type":"message_delta","usage":{"output_tokens":15}}""", """{"type":"message_stop"}""");
        Assert.Equal((false, false, true), (meter.HasUsage, meter.HasInputUsage, meter.IsTerminal));
    }

    [Fact]
    [Trait("threat", "fault-6")]
    public void An_Anthropic_message_delta_has_the_last_word_on_input_too()
    {
        var meter = Metered.Sse(
            Dialect.AnthropicMessages,
            """{"type":"message_start","message":{"usage":{"input_tokens":25,"output_tokens":1}}}""",
            """{"type":"message_delta","usage":{"input_tokens":10682,"cache_creation_input_tokens":6,"cache_read_input_tokens":4,"output_tokens":510,"server_tool_use":{"web_search_requests":1}}}""");
        Assert.Equal(new TokenUsage { InputTokens = 10692, CachedInputTokens = 4, CacheWriteTokens = 6, OutputTokens = 510 }, meter.Usage);
    }

    [Theory]
    [Trait("threat", "spend-20")]
    [InlineData("0.0000001", 1)]
    [InlineData("0", 0)]
    [InlineData("0.1", 100_000)]
    [InlineData("0.000001", 1)]
    [InlineData("0.00000100000000000000001", 2)]
    [InlineData("1.5E-3", 1500)]
    [InlineData("12345678.9", 12_345_678_900_000)]
    public void A_cost_is_kept_to_the_micro_dollar_and_rounded_up(string cost, long expected) =>
        Assert.Equal(expected, Metered.Json(Dialect.OpenAIChat, $$"""{"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":{{cost}} } }""").Usage.ReportedCostMicroUsd);

    [Theory]
    [Trait("threat", "spend-20")]
    [InlineData("-1")]
    [InlineData("1e300")]
    [InlineData("\"0.1\"")]
    [InlineData("null")]
    public void A_cost_that_can_not_be_is_none_and_leaves_the_tokens(string cost)
    {
        var meter = Metered.Json(Dialect.OpenAIChat, $$"""{"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":{{cost}} } }""");
        Assert.Equal((null, 2, true), (meter.Usage.ReportedCostMicroUsd, meter.Usage.TotalTokens, meter.HasUsage));
    }

    [Fact]
    [Trait("threat", "spend-3")]
    public void Parts_never_exceed_their_whole()
    {
        var usage = Metered.Json(Dialect.OpenAIChat, """
            {"usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":8,"cache_write_tokens":9,"audio_tokens":99},"completion_tokens_details":{"reasoning_tokens":99,"audio_tokens":99}}}
            """).Usage;
        Assert.Equal(new TokenUsage { InputTokens = 10, CachedInputTokens = 8, CacheWriteTokens = 2, AudioInputTokens = 10, OutputTokens = 5, ReasoningTokens = 5, AudioOutputTokens = 5 }, usage);
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""")]
    [InlineData(Dialect.OpenAIResponses, """{"type":"error","code":"server_error","message":"x","param":null,"sequence_number":1}""")]
    [InlineData(Dialect.OpenAIResponses, """{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error"},"usage":null}}""")]
    [InlineData(Dialect.OpenAIChat, """{"error":{"message":"x","type":"server_error"}}""")]
    [InlineData(Dialect.GeminiGenerate, """{"error":{"code":503,"status":"UNAVAILABLE"}}""")]
    public void An_error_in_a_stream_is_noticed(Dialect dialect, string data) => Assert.True(Metered.Sse(dialect, data).HasError);

    [Fact]
    public void An_error_in_an_array_is_noticed() => Assert.True(Metered.Json(Dialect.GeminiGenerate, """[{"candidates":[]},{"error":{"code":503}}]""").HasError);

    [Theory]
    [InlineData("""{"error":null,"x":{"error":{"a":1}}}""")]
    [InlineData("""{"choices":[{"delta":{"content":"error"}}]}""")]
    public void No_error_is_none(string data) => Assert.False(Metered.Sse(Dialect.OpenAIChat, data).HasError);

    [Theory]
    [InlineData(Dialect.OpenAIResponses, """{"response":{"type":"response.completed"},"type":"response.in_progress"}""")]
    [InlineData(Dialect.OpenAIResponses, """{"type":"response.output_text.delta","delta":"response.completed"}""")]
    [InlineData(Dialect.AnthropicMessages, """{"type":"content_block_delta","delta":{"type":"message_stop"}}""")]
    [InlineData(Dialect.AnthropicMessages, """{"type":"message_stop_","x":"message_stop"}""")]
    [InlineData(Dialect.OpenAIChat, """{"choices":[{"delta":{"content":"[DONE]"}}]}""")]
    [InlineData(Dialect.OpenAIChat, "[DONE")]
    public void What_only_looks_like_the_end_is_none(Dialect dialect, string data) => Assert.False(Metered.Sse(dialect, data).IsTerminal);

    [Theory]
    [InlineData("response.completed")]
    [InlineData("response.incomplete")]
    [InlineData("response.failed")]
    public void Each_last_event_of_a_response_ends_it(string type)
    {
        var meter = Metered.Sse(Dialect.OpenAIResponses, $$"""{"type":"{{type}}","response":{"usage":{"input_tokens":3,"output_tokens":4} } }""");
        Assert.Equal((true, 7), (meter.IsTerminal, meter.Usage.TotalTokens));
    }

    [Theory]
    [InlineData("\uFEFFdata: {0}\n\n")]
    [InlineData("data:{0}\n\n")]
    [InlineData("id: 1\nevent: x\nretry: 5\n: note\ndata: {0}\n\n")]
    [InlineData("data: {0}")]
    [InlineData(": data: {{}}\n\ndata: {0}\r\r")]
    public void Events_are_read_as_the_standard_says(string framing)
    {
        var stream = Encoding.UTF8.GetBytes(framing.Replace("{0}", """{"usage":{"prompt_tokens":1,"completion_tokens":2}}""", StringComparison.Ordinal));
        for (var split = 0; split < stream.Length; split++)
        {
            Assert.Equal(3, Metered.Of(Dialect.OpenAIChat, AnswerForm.Sse, stream, keepsText: true, split).Usage.TotalTokens);
        }
    }

    [Fact]
    public void Data_lines_of_one_event_are_joined_by_a_line_feed()
    {
        var whole = "data: {\"usage\":{\"prompt_tokens\":\ndata: 12,\r\ndata: \"completion_tokens\":1\rdata: }}\n\n"u8;
        Assert.Equal(13, Metered.Of(Dialect.OpenAIChat, AnswerForm.Sse, whole).Usage.TotalTokens);
        var torn = "data: {\"usage\":{\"prompt_tokens\":1\ndata: 2,\"completion_tokens\":1}}\n\n"u8;
        Assert.False(Metered.Of(Dialect.OpenAIChat, AnswerForm.Sse, torn).HasUsage);
    }

    [Theory]
    [InlineData("datax: {0}\n\n")]
    [InlineData("data : {0}\n\n")]
    [InlineData(" data: {0}\n\n")]
    [InlineData(": data: {0}\n\n")]
    [InlineData("event: data: {0}\n\n")]
    public void Other_fields_are_not_data(string framing)
    {
        var stream = Encoding.UTF8.GetBytes(framing.Replace("{0}", """{"usage":{"prompt_tokens":1,"completion_tokens":2}}""", StringComparison.Ordinal));
        Assert.False(Metered.Of(Dialect.OpenAIChat, AnswerForm.Sse, stream).HasUsage);
    }
}
