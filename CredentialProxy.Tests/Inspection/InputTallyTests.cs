using System.Text;
using CredentialProxy.Core.Providers;
using Microsoft.ML.Tokenizers;

namespace CredentialProxy.Tests.Inspection;

/// <summary>How much input a body is taken for.</summary>
public sealed class InputTallyTests
{
    private const int Image = 12_000;

    private static readonly string Large = new('x', 100_000);

    [Theory]
    [InlineData("Hello")]
    [InlineData("a b c d e f g h")]
    [InlineData("你好世界 😀😀 ﷽ \u0300\u0301")]
    [InlineData("<|endoftext|>\u0001\u0002")]
    [InlineData("")]
    public void The_bound_is_never_below_what_a_tokenizer_makes(string text)
    {
        var tokens = TiktokenTokenizer.CreateForEncoding("o200k_base").CountTokens(text);
        var escaped = System.Text.Json.JsonSerializer.Serialize(text);
        var bound = Bodies.Read(Dialect.OpenAIChat, $$"""{"model":"gpt-5","messages":[{"role":"user","content":{{escaped}}}]}""").InputTokenBound;
        // OpenAI counts three more for each message and three for the answer.
        Assert.InRange(tokens + 6, 0, bound);
    }

    [Theory]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,#"}}]}]}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.com/#.png","detail":"high"}}]}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/jpeg;base64,#"}]}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"type":"computer_call_output","output":{"type":"computer_screenshot","image_url":"data:image/png;base64,#"}}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"type":"image_generation_call","id":"ig_1","result":"#"}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"#"}}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"data":"#","media_type":"image/png","type":"base64"}}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://example.com/#"}}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"#"}}]}]}]}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"#"}}]}]}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","contents":[{"parts":[{"inline_data":{"mime_type":"image/png","data":"#"}}]}]}""")]
    public void An_image_counts_as_one_whatever_its_bytes(Dialect dialect, string body)
    {
        var facts = Bodies.Read(dialect, body.Replace("#", Large, StringComparison.Ordinal));
        Assert.InRange(facts.InputTokenBound, Image, Image + 500);
        Assert.False(facts.HasUnseenInput);
    }

    [Theory]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"#","format":"wav"}}]}]}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"#","filename":"a.pdf"}}]}]}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file_1"}}]}]}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"assistant","audio":{"id":"audio_1"}}]}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":[{"type":"video_url","video_url":{"url":"https://example.com"}}]}]}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:application/pdf;base64,#"}}]}]}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"\u0064ata:application/pdf;base64,#"}}]}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","previous_response_id":"resp_1"}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","conversation":"conv_1"}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","conversation":{"id":"conv_1"}}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","prompt":{"id":"pmpt_1"}}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"type":"item_reference","id":"msg_1"}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"role":"user","content":"x"},{"id":"msg_1"}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"id":"msg_1","type":null},{"role":"user","type":"message","content":"x"}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"role":"user","content":[{"type":"input_file","file_id":"file_1"}]}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"role":"user","content":[{"type":"input_file","file_url":"https://example.com/a.pdf"}]}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"role":"user","content":[{"type":"input_file","file_data":"#"}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"#"}}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://example.com/a.pdf"}}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","type":"document","source":{"type":"url","url":"https://example.com/a.pdf"}}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"document","type":"image","source":{"type":"url","url":"https://example.com/a.pdf"}}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"file_1"}}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"container":"container_1","messages":[]}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","contents":[{"parts":[{"fileData":{"fileUri":"https://example.com/files/1","mimeType":"video/mp4"}}]}]}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","contents":[{"parts":[{"inlineData":{"mimeType":"audio/wav","data":"#"}}]}]}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","contents":[{"parts":[{"inlineData":{"mimeType":"image/png","mimeType":"application/pdf","data":"#"}}]}]}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","contents":[{"parts":[{"inlineData":{"mimeType":"application/pdf","mime_type":"image/png","data":"#"}}]}]}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","contents":[{"parts":[{"inlineData":{"data":"#"}}]}]}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","cachedContent":"cachedContents/1","contents":[]}""")]
    public void Input_that_bytes_say_nothing_of_is_unseen(Dialect dialect, string body)
    {
        var facts = Bodies.Read(dialect, body.Replace("#", Large, StringComparison.Ordinal));
        Assert.True(facts.HasUnseenInput);
        Assert.InRange(facts.InputTokenBound, 1, 1000);
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"tool_use","input":{"type":"image","source":{"type":"base64","media_type":"image/png","data":"#"}}}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"tool_use","input":{"content":[{"image_url":"#","file_data":"x","url":"y"}]}}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"#"}}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","type":"text","media_type":"image/png","data":"#"}}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"redacted_thinking","data":"#"}]}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"tools":[{"name":"f","input_schema":{"properties":{"image_url":"#"}}}],"messages":[]}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","contents":[{"parts":[{"functionCall":{"name":"f","args":{"inlineData":{"mimeType":"image/png","data":"#"}}}}]}]}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","contents":[{"parts":[{"functionResponse":{"name":"f","response":{"inlineData":{"mimeType":"image/png","data":"#"},"fileUri":"x"}}}]}]}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","contents":[{"parts":[{"inlineData":{"mimeType":"text/plain","data":"#"}}]}]}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"tool","content":"#"}]}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"metadata":{"image_url":"#","file_id":"x"}}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":"x","name":"#"}]}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"#":1}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","instructions":"#","previous_response_id":null,"conversation":null}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"type":"function_call_output","result":"#","output":"x"}]}""")]
    [InlineData(Dialect.OpenAICompletions, """{"model":"m","prompt":"x","suffix":"#"}""")]
    [InlineData(Dialect.OpenAIEmbeddings, """{"model":"m","input":"#"}""")]
    [InlineData(Dialect.GeminiEmbed, """{"model":"m","content":{"parts":[{"text":"#"}]}}""")]
    public void Text_counts_by_its_bytes_whatever_it_looks_like(Dialect dialect, string body)
    {
        var facts = Bodies.Read(dialect, body.Replace("#", Large, StringComparison.Ordinal));
        Assert.InRange(facts.InputTextBytes, Large.Length, Large.Length + 500);
        Assert.True(facts.InputTokenBound >= facts.InputTextBytes);
        Assert.False(facts.HasUnseenInput);
    }

    [Fact]
    public void Tokens_given_as_numbers_count_at_least_one_each() =>
        Assert.True(Bodies.Read(Dialect.OpenAIEmbeddings, """{"model":"m","input":[[1,2,3],[4]]}""").InputTokenBound >= 4);

    [Theory]
    [InlineData("gpt-4o-mini", 48_200)]
    [InlineData("gpt-4o-mini-2024-07-18", 48_200)]
    [InlineData("gpt-4o", 12_000)]
    public void Images_are_dearer_to_one_model(string model, int tokens) =>
        Assert.InRange(Bodies.Read(Dialect.OpenAIChat, $$"""{"model":"{{model}}","messages":[{"content":[{"image_url":{"url":"https://example.com"} }]}]}""").InputTokenBound, tokens, tokens + 500);

    [Theory]
    [InlineData(Dialect.OpenAIChat, """[{"type":"function","function":{"name":"f"}},{"type":"custom","custom":{"name":"g"}}]""", 0)]
    [InlineData(Dialect.OpenAIResponses, """[{"type":"web_search"},{"type":"function","name":"f"},{"type":"code_interpreter","container":{"type":"auto"}}]""", 2)]
    [InlineData(Dialect.AnthropicMessages, """[{"name":"f","input_schema":{"type":"object"}},{"type":"bash_20250124","name":"bash"},{"type":"text_editor_20250728","name":"e"}]""", 2)]
    [InlineData(Dialect.GeminiGenerate, """[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT"}}]},{"googleSearch":{}},{"codeExecution":{}}]""", 2)]
    public void The_provider_s_own_tools_are_told_from_the_client_s(Dialect dialect, string tools, int hosted)
    {
        var body = $$"""{"model":"m","max_tokens":1,"tools":{{tools}}}""";
        var facts = Bodies.Read(dialect, body);
        Assert.Equal(hosted, facts.HostedTools);
        Assert.InRange(facts.InputTokenBound - facts.InputTextBytes, 1024 * (1 + hosted), 1024 * (1 + hosted) + 100);
    }

    [Theory]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[]}""", false, false)]
    [InlineData("""{"model":"m","max_tokens":1,"cache_control":{"type":"ephemeral"}}""", true, false)]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}]}""", true, false)]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"text","text":"x","cache_control":{"ttl":"1h","type":"ephemeral"}}]}]}""", true, true)]
    [InlineData("""{"model":"m","max_tokens":1,"tools":[{"name":"f","cache_control":{"type":"ephemeral","ttl":"1h"}}]}""", true, true)]
    [InlineData("""{"model":"m","max_tokens":1,"system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"5m"}}]}""", true, false)]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"text","text":"cache_control","cache_control":null}]}],"ttl":"1h"}""", false, false)]
    public void Marks_for_a_cache_are_seen(string body, bool write, bool hour)
    {
        var facts = Bodies.Read(Dialect.AnthropicMessages, body);
        Assert.Equal((write, hour), (facts.WantsCacheWrite, facts.WantsCacheHour));
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":4096,"thinking":{"type":"enabled","budget_tokens":2048}}""", 0)]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":4096,"thinking":{"type":"enabled","budget_tokens":10000}}""", 5904)]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":4096,"thinking":null}""", 0)]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","generationConfig":{"thinkingConfig":{"thinkingBudget":512}}}""", 512)]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","generationConfig":{"thinkingConfig":{"thinkingBudget":-1}}}""", 0)]
    public void Thinking_beyond_the_output_limit_is_told(Dialect dialect, string body, long expected) => Assert.Equal(expected, Bodies.Read(dialect, body).ThinkingBudget);

    [Theory]
    [InlineData("""{"model":"m","max_tokens":10,"max_completion_tokens":20}""", 20L)]
    [InlineData("""{"model":"m","max_tokens":20,"max_completion_tokens":10}""", 20L)]
    [InlineData("""{"model":"m","max_tokens":0}""", null)]
    [InlineData("""{"model":"m","max_tokens":null,"max_completion_tokens":10}""", 10L)]
    [InlineData("""{"model":"m"}""", null)]
    public void Of_two_output_limits_the_larger_counts(string body, long? expected) => Assert.Equal(expected, Bodies.Read(Dialect.OpenAIChat, body).OutputLimit);

    [Theory]
    [InlineData("""{"model":"m","prompt":"x","best_of":5,"n":2}""", 5)]
    [InlineData("""{"model":"m","prompt":["x","y","z"],"n":2}""", 6)]
    [InlineData("""{"model":"m","prompt":[[1,2],[3]]}""", 2)]
    [InlineData("""{"model":"m","prompt":[1,2,3]}""", 1)]
    [InlineData("""{"model":"m","prompt":[],"n":null}""", 1)]
    public void Each_prompt_of_a_completion_is_answered_by_itself(string body, int expected) => Assert.Equal(expected, Bodies.Read(Dialect.OpenAICompletions, body).Choices);

    [Fact]
    public void The_same_model_name_is_one_string()
    {
        var name = Bodies.Read(Dialect.OpenAIChat, """{"model":"one-string"}""").Model;
        Assert.Same(name, Bodies.Read(Dialect.OpenAIChat, """{"model":"one\u002dstring"}""").Model);
    }

    [Fact]
    public void A_common_request_is_read_without_allocating()
    {
        var body = Encoding.UTF8.GetBytes($$"""{"model":"gpt-4o","messages":[{"role":"user","content":"{{new string('x', 900)}}"}],"max_tokens":100}""");
        for (var i = 0; i < 3; i++)
        {
            Core.Inspection.RequestInspector.Inspect(Dialect.OpenAIChat, new(body), null, isStreamPath: false, out _);
        }
        var before = GC.GetAllocatedBytesForCurrentThread();
        Core.Inspection.RequestInspector.Inspect(Dialect.OpenAIChat, new(body), null, isStreamPath: false, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
