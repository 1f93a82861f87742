using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Metering;

/// <summary>The dialects, in the words of their providers' references and SDKs.</summary>
internal static class DialectRows
{
    private static readonly DialectRow[] Rows =
    [
        new()
        {
            Name = "OpenAI chat",
            Dialect = Dialect.OpenAIChat,
            Request = """{"model":"gpt-4o-mini","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Zähle bis \"drei\"."}],"max_completion_tokens":256,"n":2,"stream":true}""",
            Model = "gpt-4o-mini",
            OutputLimit = 256,
            Choices = 2,
            IsStream = true,
            Answer = """
                {"id":"chatcmpl-1","object":"chat.completion","created":1741570283,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"usage: {\"prompt_tokens\":1}","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],
                "usage":{"prompt_tokens":1117,"completion_tokens":46,"total_tokens":1163,"prompt_tokens_details":{"cached_tokens":1024,"audio_tokens":12},"completion_tokens_details":{"reasoning_tokens":7,"audio_tokens":3,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},
                "service_tier":"default","system_fingerprint":"fp_fc9f1d7035"}
                """,
            AnswerUsage = new() { InputTokens = 1117, CachedInputTokens = 1024, AudioInputTokens = 12, OutputTokens = 46, ReasoningTokens = 7, AudioOutputTokens = 3 },
            Stream = Sse(
                """{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}""",
                """{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":"Eins, "},"finish_reason":null}],"usage":null}""",
                """{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":"zwei, \"drei\"\n"},"finish_reason":null}],"usage":null}""",
                """{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}""",
                """{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[],"usage":{"prompt_tokens":25,"completion_tokens":9,"total_tokens":34,"prompt_tokens_details":{"cached_tokens":5,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":2,"audio_tokens":0}}}""",
                "[DONE]"),
            StreamUsage = new() { InputTokens = 25, CachedInputTokens = 5, OutputTokens = 9, ReasoningTokens = 2 },
            Text = "Eins, zwei, \"drei\"\n",
        },
        new()
        {
            Name = "OpenAI completions",
            Dialect = Dialect.OpenAICompletions,
            Request = """{"model":"gpt-3.5-turbo-instruct","prompt":["Say this","Say that"],"max_tokens":7,"best_of":3,"n":2,"stream":true}""",
            Model = "gpt-3.5-turbo-instruct",
            OutputLimit = 7,
            Choices = 6,
            IsStream = true,
            Answer = """{"id":"cmpl-1","object":"text_completion","created":1589478378,"model":"gpt-3.5-turbo-instruct","choices":[{"text":"\n\nThis is","index":0,"logprobs":null,"finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}""",
            AnswerUsage = new() { InputTokens = 5, OutputTokens = 7 },
            Stream = Sse(
                """{"id":"cmpl-1","object":"text_completion","created":1,"choices":[{"text":"This","index":0,"logprobs":null,"finish_reason":null}],"model":"gpt-3.5-turbo-instruct","usage":null}""",
                """{"id":"cmpl-1","object":"text_completion","created":1,"choices":[{"text":" is","index":0,"logprobs":null,"finish_reason":"length"}],"model":"gpt-3.5-turbo-instruct","usage":null}""",
                """{"id":"cmpl-1","object":"text_completion","created":1,"choices":[],"model":"gpt-3.5-turbo-instruct","usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}""",
                "[DONE]"),
            StreamUsage = new() { InputTokens = 5, OutputTokens = 2 },
            Text = "This is",
        },
        new()
        {
            Name = "OpenAI responses",
            Dialect = Dialect.OpenAIResponses,
            Request = """{"model":"gpt-5","input":[{"role":"user","content":[{"type":"input_text","text":"Hello"}]}],"max_output_tokens":1024,"stream":true,"reasoning":{"effort":"low"}}""",
            Model = "gpt-5",
            OutputLimit = 1024,
            IsStream = true,
            Answer = """
                {"id":"resp_1","object":"response","created_at":1741476542,"status":"completed","error":null,"incomplete_details":null,"model":"gpt-5-2025-08-07",
                "output":[{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hi","annotations":[]}]}],
                "usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":16},"output_tokens":87,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":123},"user":null,"metadata":{"usage":"{}"}}
                """,
            AnswerUsage = new() { InputTokens = 36, CachedInputTokens = 16, OutputTokens = 87, ReasoningTokens = 64 },
            Stream = NamedSse(
                ("response.created", """{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","output":[],"usage":null}}"""),
                ("response.output_text.delta", """{"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hi "}"""),
                ("response.output_text.delta", """{"type":"response.output_text.delta","sequence_number":5,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"there"}"""),
                ("response.output_text.done", """{"type":"response.output_text.done","sequence_number":6,"item_id":"msg_1","output_index":0,"content_index":0,"text":"Hi there"}"""),
                ("response.completed", """{"type":"response.completed","sequence_number":7,"response":{"id":"resp_1","object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"Hi there"}]}],"usage":{"input_tokens":37,"input_tokens_details":{"cached_tokens":0},"output_tokens":11,"output_tokens_details":{"reasoning_tokens":4},"total_tokens":48}}}""")),
            StreamUsage = new() { InputTokens = 37, OutputTokens = 11, ReasoningTokens = 4 },
            Text = "Hi there",
        },
        new()
        {
            Name = "OpenAI embeddings",
            Dialect = Dialect.OpenAIEmbeddings,
            Request = """{"model":"text-embedding-3-small","input":["one","two"],"encoding_format":"base64"}""",
            Model = "text-embedding-3-small",
            Answer = """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.0023064255,-0.009327292,-0.0028842222]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}""",
            AnswerUsage = new() { InputTokens = 8 },
        },
        new()
        {
            Name = "Anthropic messages",
            Dialect = Dialect.AnthropicMessages,
            Request = """{"model":"claude-sonnet-4-5","max_tokens":1024,"stream":true,"system":[{"type":"text","text":"You are a coder.","cache_control":{"type":"ephemeral","ttl":"1h"}}],"messages":[{"role":"user","content":"Hello"}]}""",
            Model = "claude-sonnet-4-5",
            OutputLimit = 1024,
            IsStream = true,
            Answer = """
                {"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"thinking","thinking":"Hm.","signature":"EqQ="},{"type":"text","text":"Hi!"}],"stop_reason":"end_turn","stop_sequence":null,
                "usage":{"input_tokens":20,"cache_creation_input_tokens":188,"cache_read_input_tokens":2051,"cache_creation":{"ephemeral_5m_input_tokens":88,"ephemeral_1h_input_tokens":100},"output_tokens":503,"output_tokens_details":{"thinking_tokens":400},"service_tier":"standard","server_tool_use":null}}
                """,
            AnswerUsage = new() { InputTokens = 2259, CachedInputTokens = 2051, CacheWriteTokens = 88, CacheWriteHourTokens = 100, OutputTokens = 503, ReasoningTokens = 400 },
            Stream = NamedSse(
                ("message_start", """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":30,"cache_read_input_tokens":40,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":1}}}"""),
                ("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"""),
                ("ping", """{"type": "ping"}"""),
                ("content_block_delta", """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me see. "}}"""),
                ("content_block_delta", """{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hello"}}"""),
                ("content_block_delta", """{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"city\":\"Köln\"}"}}"""),
                ("content_block_stop", """{"type":"content_block_stop","index":2}"""),
                ("message_delta", """{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":null,"cache_read_input_tokens":null,"output_tokens":15,"output_tokens_details":{"thinking_tokens":6}}}"""),
                ("message_stop", """{"type":"message_stop"}""")),
            StreamUsage = new() { InputTokens = 95, CachedInputTokens = 40, CacheWriteTokens = 10, CacheWriteHourTokens = 20, OutputTokens = 15, ReasoningTokens = 6 },
            Text = "Let me see. Hello{\"city\":\"Köln\"}",
        },
        new()
        {
            Name = "Gemini generateContent",
            Dialect = Dialect.GeminiGenerate,
            Request = """{"contents":[{"role":"user","parts":[{"text":"Hello"}]}],"systemInstruction":{"parts":[{"text":"Be brief."}]},"generationConfig":{"maxOutputTokens":800,"candidateCount":2,"thinkingConfig":{"thinkingBudget":512}}}""",
            ModelInPath = "gemini-2.5-pro",
            IsStreamPath = true,
            Model = "gemini-2.5-pro",
            OutputLimit = 800,
            Choices = 2,
            IsStream = true,
            Answer = """
                {"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"finishReason":"STOP","index":0}],
                "usageMetadata":{"promptTokenCount":310,"candidatesTokenCount":20,"totalTokenCount":440,"cachedContentTokenCount":100,"toolUsePromptTokenCount":10,"thoughtsTokenCount":100,
                "promptTokensDetails":[{"modality":"TEXT","tokenCount":250},{"tokenCount":60,"modality":"AUDIO"}],"candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":5},{"modality":"TEXT","tokenCount":15}],"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":1}]},"modelVersion":"gemini-2.5-pro"}
                """,
            AnswerUsage = new() { InputTokens = 320, CachedInputTokens = 100, AudioInputTokens = 60, CachedAudioInputTokens = 1, OutputTokens = 120, ReasoningTokens = 100, AudioOutputTokens = 5 },
            Stream = Sse(GeminiChunks).ReplaceLineEndings("\r\n"),
            StreamUsage = GeminiStreamUsage,
            EndsItself = false,
        },
        new()
        {
            Name = "Gemini generateContent as one array",
            Dialect = Dialect.GeminiGenerate,
            Request = """{"contents":[{"parts":[{"text":"Hello"}]}],"generation_config":{"max_output_tokens":800}}""",
            ModelInPath = "gemini-2.5-flash",
            IsStreamPath = true,
            Model = "gemini-2.5-flash",
            OutputLimit = 800,
            IsStream = true,
            Answer = """{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9}}""",
            AnswerUsage = new() { InputTokens = 9 },
            Stream = "[" + string.Join("\r\n,\r\n", GeminiChunks) + "\n]\n",
            StreamForm = AnswerForm.Json,
            StreamUsage = GeminiStreamUsage,
        },
        new()
        {
            Name = "Gemini embedContent",
            Dialect = Dialect.GeminiEmbed,
            Request = """{"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"Hello"}]}},{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"World"}]}}]}""",
            ModelInPath = "gemini-embedding-001",
            Model = "gemini-embedding-001",
            Answer = """{"embeddings":[{"values":[0.1,-0.2]}],"usageMetadata":{"promptTokenCount":4,"totalTokenCount":4}}""",
            AnswerUsage = new() { InputTokens = 4 },
        },
        new()
        {
            Name = "OpenRouter chat",
            Dialect = Dialect.OpenAIChat,
            Request = """{"model":"anthropic/claude-sonnet-4.5","messages":[{"role":"user","content":"Hello"}],"max_tokens":100,"stream":true,"stream_options":{"include_usage":true}}""",
            Model = "anthropic/claude-sonnet-4.5",
            OutputLimit = 100,
            IsStream = true,
            Answer = """
                {"id":"gen-1","provider":"Anthropic","model":"anthropic/claude-sonnet-4.5","object":"chat.completion","created":1,"choices":[{"finish_reason":"stop","index":0,"message":{"role":"assistant","content":"Hi","reasoning":"…"}}],
                "usage":{"prompt_tokens":194,"completion_tokens":2,"total_tokens":196,"cost":0.0000951,"is_byok":false,"prompt_tokens_details":{"cached_tokens":10,"cache_write_tokens":20,"audio_tokens":0},"cost_details":{"upstream_inference_cost":19,"upstream_inference_prompt_cost":1},"completion_tokens_details":{"reasoning_tokens":1}}}
                """,
            AnswerUsage = new() { InputTokens = 194, CachedInputTokens = 10, CacheWriteTokens = 20, OutputTokens = 2, ReasoningTokens = 1, ReportedCostMicroUsd = 96 },
            Stream = ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n" + Sse(
                """{"id":"gen-1","provider":"Anthropic","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi ","reasoning":null},"finish_reason":null}]}""",
                """{"id":"gen-1","provider":"Anthropic","choices":[{"index":0,"delta":{"content":"\u4f60\u597d \ud83d\ude00"},"finish_reason":"stop"}]}""",
                """{"id":"gen-1","provider":"Anthropic","choices":[],"usage":{"prompt_tokens":8,"completion_tokens":5,"total_tokens":13,"cost":1.5e-4,"is_byok":true,"cost_details":{"upstream_inference_cost":0.01}}}""",
                "[DONE]"),
            StreamUsage = new() { InputTokens = 8, OutputTokens = 5, ReportedCostMicroUsd = 10_150 },
            Text = "Hi 你好 😀",
        },
        new()
        {
            Name = "Gemini's OpenAI surface",
            Dialect = Dialect.OpenAIChat,
            Request = """{"model":"models/gemini-2.5-flash","messages":[{"role":"user","content":"Hello"}],"stream":true,"stream_options":{"include_usage":true}}""",
            Model = "models/gemini-2.5-flash",
            IsStream = true,
            // Thoughts are in the total alone.
            Answer = """{"choices":[{"finish_reason":"stop","index":0,"message":{"content":"Hi","role":"assistant"}}],"created":1,"id":"x","model":"gemini-2.5-flash","object":"chat.completion","usage":{"completion_tokens":20,"prompt_tokens":5,"total_tokens":345}}""",
            AnswerUsage = new() { InputTokens = 5, OutputTokens = 340 },
            Stream = Sse(
                """{"choices":[{"delta":{"content":"Hi","role":"assistant"},"index":0}],"created":1,"id":"x","model":"gemini-2.5-flash","object":"chat.completion.chunk","usage":{"completion_tokens":1,"prompt_tokens":5,"total_tokens":6}}""",
                """{"choices":[{"delta":{"content":"!","role":"assistant"},"finish_reason":"stop","index":0}],"created":1,"id":"x","model":"gemini-2.5-flash","object":"chat.completion.chunk","usage":{"completion_tokens":2,"prompt_tokens":5,"total_tokens":27}}""",
                "[DONE]"),
            StreamUsage = new() { InputTokens = 5, OutputTokens = 22 },
        },
    ];

    public static TheoryData<DialectRow> All => [.. Rows];

    public static TheoryData<DialectRow> Streamed => [.. Rows.Where(row => row.Stream.Length > 0)];

    public static DialectRow Named(string name) => Rows.Single(row => row.Name == name);

    /// <summary>Events of one data line each.</summary>
    public static string Sse(params IEnumerable<string> data) => string.Concat(data.Select(line => $"data: {line}\n\n"));

    private static string NamedSse(params IEnumerable<(string Event, string Data)> events) => string.Concat(events.Select(e => $"event: {e.Event}\ndata: {e.Data}\n\n"));

    private static string[] GeminiChunks =>
    [
        """{"candidates":[{"content":{"parts":[{"text":"Hel"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":10,"totalTokenCount":10,"promptTokensDetails":[{"modality":"TEXT","tokenCount":10}]},"modelVersion":"gemini-2.5-pro"}""",
        """{"candidates":[{"content":{"parts":[{"text":"lo"},{"functionCall":{"name":"f","args":{"usageMetadata":{"promptTokenCount":1}}}}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":3,"totalTokenCount":33,"thoughtsTokenCount":20}}""",
        """{"candidates":[{"content":{"parts":[{"text":"!"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":6,"totalTokenCount":46,"thoughtsTokenCount":30,"cachedContentTokenCount":4}}""",
    ];

    private static TokenUsage GeminiStreamUsage => new() { InputTokens = 10, CachedInputTokens = 4, OutputTokens = 36, ReasoningTokens = 30 };
}
