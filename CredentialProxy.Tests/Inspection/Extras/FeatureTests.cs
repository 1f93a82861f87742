using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Tests.Inspection.Extras;

/// <summary>What a body asks for beyond plain generation, in each dialect's words.</summary>
public sealed class FeatureTests
{
    private const string Chat = """{"model":"m","messages":[{"role":"user","content":"x"}],#}""";
    private const string Responses = """{"model":"m","input":"x",#}""";
    private const string Messages = """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],#}""";
    private const string Gemini = """{"contents":[{"parts":[{"text":"x"}]}],#}""";

    [Theory]
    [Trait("threat", "spend-6")]
    [InlineData("\"web_search_options\":{}", Features.WebSearch, "web_search_options")]
    [InlineData("\"web_search_options\":{\"search_context_size\":\"high\"}", Features.WebSearch, "web_search_options")]
    [InlineData("\"plugins\":[{\"id\":\"web\"}]", Features.Plugins | Features.WebSearch, "plugins")]
    [InlineData("\"plugins\":[{\"max_results\":3,\"id\":\"web-fetch\"}]", Features.Plugins | Features.WebFetch, "plugins")]
    [InlineData("\"plugins\":[{\"id\":\"auto-router\"}]", Features.Plugins | Features.ModelChoice, "plugins")]
    [InlineData("\"plugins\":[{\"id\":\"a-new-one\"}]", Features.Plugins | Features.ModelChoice, "plugins")]
    [InlineData("\"plugins\":[{\"id\":\"response-healing\"}]", Features.Plugins, "plugins")]
    [InlineData("\"models\":[\"a\",\"b\"]", Features.ModelChoice, "models")]
    [InlineData("\"route\":\"fallback\"", Features.ModelChoice, "route")]
    [InlineData("\"preset\":\"mine\"", Features.ModelChoice, "preset")]
    [InlineData("\"tools\":[{\"type\":\"openrouter:web_search\"}]", Features.WebSearch, "tools")]
    [InlineData("\"tools\":[{\"type\":\"openrouter:fusion\"}]", Features.HostedTools | Features.ModelChoice, "tools")]
    [InlineData("\"tools\":[{\"type\":\"openrouter:something_new\"}]", Features.HostedTools, "tools")]
    [InlineData("\"extra_body\":{\"google\":{\"cached_content\":\"cachedContents/1\"}}", Features.StoredInput, "extra_body.google.cached_content")]
    public void A_chat_asks_for(string member, Features features, string field) => AssertAsks(Dialect.OpenAIChat, Chat, member, features, field);

    [Theory]
    [Trait("threat", "spend-6")]
    [Trait("threat", "spend-7")]
    [Trait("threat", "spend-8")]
    [InlineData("\"background\":true", Features.Background, "background")]
    [InlineData("\"previous_response_id\":\"resp_1\"", Features.StoredInput, "previous_response_id")]
    [InlineData("\"conversation\":\"conv_1\"", Features.StoredInput, "conversation")]
    [InlineData("\"conversation\":{\"id\":\"conv_1\"}", Features.StoredInput, "conversation")]
    [InlineData("\"prompt\":{\"id\":\"pmpt_1\"}", Features.StoredInput | Features.ModelChoice, "prompt")]
    [InlineData("\"multi_agent\":{\"enabled\":true}", Features.Agents, "multi_agent")]
    [InlineData("\"tools\":[{\"type\":\"web_search\"}]", Features.WebSearch, "tools")]
    [InlineData("\"tools\":[{\"type\":\"web_search_preview_2025_03_11\"}]", Features.WebSearch, "tools")]
    [InlineData("\"tools\":[{\"type\":\"file_search\",\"vector_store_ids\":[\"vs_1\"]}]", Features.FileSearch, "tools")]
    [InlineData("\"tools\":[{\"type\":\"code_interpreter\",\"container\":{\"type\":\"auto\"}}]", Features.CodeExecution, "tools")]
    [InlineData("\"tools\":[{\"type\":\"shell\"}]", Features.CodeExecution, "tools")]
    [InlineData("\"tools\":[{\"type\":\"shell\",\"environment\":{\"type\":\"container_auto\"}}]", Features.CodeExecution, "tools")]
    [InlineData("\"tools\":[{\"type\":\"image_generation\"}]", Features.ImageGeneration, "tools")]
    [InlineData("\"tools\":[{\"type\":\"computer_use_preview\"}]", Features.ComputerUse, "tools")]
    [InlineData("\"tools\":[{\"type\":\"mcp\",\"server_url\":\"https://evil.example\"}]", Features.RemoteMcp, "tools")]
    [InlineData("\"tools\":[{\"type\":\"mcp\",\"connector_id\":\"connector_gmail\"}]", Features.RemoteMcp, "tools")]
    [InlineData("\"tools\":[{\"type\":\"video_generation_2027\"}]", Features.HostedTools, "tools")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"name\":\"f\"},{\"type\":\"web_search\"},{\"type\":\"mcp\"}]", Features.WebSearch | Features.RemoteMcp, "tools")]
    public void A_response_asks_for(string member, Features features, string field) => AssertAsks(Dialect.OpenAIResponses, Responses, member, features, field);

    [Theory]
    [Trait("threat", "spend-6")]
    [InlineData("\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]", Features.WebSearch, "tools")]
    [InlineData("\"tools\":[{\"type\":\"web_search_20990101\",\"name\":\"web_search\"}]", Features.WebSearch, "tools")]
    [InlineData("\"tools\":[{\"type\":\"web_fetch_20260318\",\"name\":\"web_fetch\"}]", Features.WebFetch, "tools")]
    [InlineData("\"tools\":[{\"type\":\"code_execution_20260521\",\"name\":\"code_execution\"}]", Features.CodeExecution, "tools")]
    [InlineData("\"tools\":[{\"type\":\"mcp_toolset\",\"mcp_server_name\":\"x\"}]", Features.RemoteMcp, "tools")]
    [InlineData("\"tools\":[{\"type\":\"advisor_20260301\",\"name\":\"advisor\",\"model\":\"claude-opus-5\"}]", Features.HostedTools | Features.ModelChoice, "tools")]
    [InlineData("\"tools\":[{\"type\":\"drive_20270101\",\"name\":\"drive\"}]", Features.HostedTools, "tools")]
    [InlineData("\"tools\":[{\"type\":\"bash_latest\",\"name\":\"bash\"}]", Features.HostedTools, "tools")]
    [InlineData("\"mcp_servers\":[{\"type\":\"url\",\"name\":\"x\",\"url\":\"https://evil.example\"}]", Features.RemoteMcp, "mcp_servers")]
    [InlineData("\"container\":\"container_1\"", Features.StoredInput | Features.CodeExecution, "container")]
    [InlineData("\"container\":{\"skills\":[{\"type\":\"anthropic\",\"skill_id\":\"xlsx\"}]}", Features.StoredInput | Features.CodeExecution, "container")]
    [InlineData("\"fallbacks\":\"default\"", Features.ModelChoice, "fallbacks")]
    [InlineData("\"fallbacks\":[{\"model\":\"claude-opus-5\"}]", Features.ModelChoice, "fallbacks")]
    [InlineData("\"thread\":{\"type\":\"continue\",\"previous_message_id\":\"msg_1\"}", Features.StoredInput, "thread")]
    [InlineData("\"models\":[\"a\"]", Features.ModelChoice, "models")]
    public void A_message_asks_for(string member, Features features, string field) => AssertAsks(Dialect.AnthropicMessages, Messages, member, features, field);

    [Theory]
    [Trait("threat", "spend-6")]
    [InlineData("\"tools\":[{\"googleSearch\":{}}]", Features.WebSearch, "tools")]
    [InlineData("\"tools\":[{\"google_search_retrieval\":{}}]", Features.WebSearch, "tools")]
    [InlineData("\"tools\":{\"googleSearch\":{}}", Features.WebSearch, "tools")]
    [InlineData("\"tools\":[{\"functionDeclarations\":[],\"googleMaps\":{}}]", Features.Maps, "tools")]
    [InlineData("\"tools\":[{\"urlContext\":{}}]", Features.WebFetch, "tools")]
    [InlineData("\"tools\":[{\"code_execution\":{}}]", Features.CodeExecution, "tools")]
    [InlineData("\"tools\":[{\"fileSearch\":{\"fileSearchStoreNames\":[\"x\"]}}]", Features.FileSearch, "tools")]
    [InlineData("\"tools\":[{\"computerUse\":{}}]", Features.ComputerUse, "tools")]
    [InlineData("\"tools\":[{\"mcpServers\":[{\"name\":\"x\"}]}]", Features.RemoteMcp, "tools")]
    [InlineData("\"tools\":[{\"exaAiSearch\":{}}]", Features.HostedTools, "tools")]
    [InlineData("\"cachedContent\":\"cachedContents/1\"", Features.StoredInput, "cachedContent")]
    [InlineData("\"continuationToken\":\"AAAA\"", Features.StoredInput, "continuationToken")]
    public void A_content_asks_for(string member, Features features, string field) => AssertAsks(Dialect.GeminiGenerate, Gemini, member, features, field);

    [Theory]
    [Trait("threat", "spend-13")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file_1"}}]}]}""", "file_id")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"assistant","audio":{"id":"audio_1"}}]}""", "messages.audio.id")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"type":"item_reference","id":"msg_1"}]}""", "input")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"id":"msg_1"}]}""", "input")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"role":"user","content":[{"type":"input_image","file_id":"file_1"}]}]}""", "file_id")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"file_1"}}]}]}""", "file_id")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"container_upload","file_id":"file_1"}]}]}""", "file_id")]
    [InlineData(Dialect.GeminiGenerate, """{"contents":[{"parts":[{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/1"}}]}]}""", "fileUri")]
    public void Input_that_the_provider_has_kept_is_asked_for_by_name(Dialect dialect, string body, string field)
    {
        var facts = Bodies.Read(dialect, body, dialect == Dialect.GeminiGenerate ? "m" : null);
        Assert.True(facts.HasUnseenInput);
        Assert.Equal((Features.StoredInput, field), (facts.Features!.All, facts.Features.FieldOf(Features.StoredInput)));
    }

    [Theory]
    [Trait("threat", "spend-8")]
    [InlineData("openrouter/auto", Features.ModelChoice)]
    [InlineData("openrouter/something-new", Features.ModelChoice)]
    [InlineData("@preset/mine", Features.ModelChoice)]
    [InlineData("openai/gpt-4o@preset/mine", Features.ModelChoice)]
    [InlineData("openai/gpt-4o:online", Features.WebSearch | Features.Plugins)]
    [InlineData("openai/gpt-4o:ONLINE", Features.WebSearch | Features.Plugins)]
    [InlineData("openai/gpt-4o:online:nitro", Features.WebSearch | Features.Plugins)]
    [InlineData("OpenRouter/auto", Features.ModelChoice)]
    [InlineData("openai/gpt-4o@Preset/mine", Features.ModelChoice)]
    [InlineData("GPT-4o-Search-Preview", Features.WebSearch)]
    [InlineData("perplexity/Sonar", Features.WebSearch)]
    [InlineData("gpt-4o-search-preview", Features.WebSearch)]
    [InlineData("gpt-5-search-api", Features.WebSearch)]
    [InlineData("perplexity/sonar-pro", Features.WebSearch)]
    [InlineData("o3-deep-research", Features.WebSearch)]
    public void A_model_s_name_alone_may_ask(string model, Features features) =>
        Assert.Equal((features, "model"), (Bodies.Read(Dialect.OpenAIChat, $$"""{"model":"{{model}}","messages":[]}""").Features!.All, "model"));

    public static TheoryData<Dialect, string> Plain => new()
    {
        { Dialect.OpenAIChat, Chat.Replace("#", "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"web_search\",\"parameters\":{\"properties\":{\"type\":{\"type\":\"web_search\"},\"tools\":{\"type\":\"mcp\"}}}}},{\"type\":\"custom\"}]", StringComparison.Ordinal) },
        { Dialect.OpenAIChat, Chat.Replace("#", "\"store\":true,\"a_field_of_next_week\":{\"type\":\"web_search\"},\"modalities\":[\"text\"],\"plugins\":[],\"models\":[],\"web_search_options\":null", StringComparison.Ordinal) },
        { Dialect.OpenAIChat, Chat.Replace("#", "\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"tools\":[{\"type\":\"function\"}]}},\"metadata\":{\"background\":\"true\",\"file_id\":\"x\"}", StringComparison.Ordinal) },
        { Dialect.OpenAIResponses, Responses.Replace("#", "\"tools\":[{\"type\":\"local_shell\"},{\"type\":\"apply_patch\"},{\"type\":\"tool_search\"},{\"type\":\"namespace\",\"name\":\"n\",\"tools\":[{\"type\":\"function\"},{\"type\":\"custom\"}]}]", StringComparison.Ordinal) },
        { Dialect.OpenAIResponses, Responses.Replace("#", "\"tools\":[{\"type\":\"shell\",\"environment\":{\"type\":\"local\"}}],\"background\":false,\"previous_response_id\":null,\"prompt\":null,\"conversation\":null,\"multi_agent\":{\"enabled\":false}", StringComparison.Ordinal) },
        { Dialect.OpenAIResponses, """{"model":"m","input":[{"type":"function_call_output","call_id":"c","output":"{\"type\":\"item_reference\"}"}],"store":false}""" },
        { Dialect.AnthropicMessages, Messages.Replace("#", "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}},{\"type\":\"custom\",\"name\":\"g\"},{\"type\":\"bash_20250124\"},{\"type\":\"text_editor_20250728\"},{\"type\":\"computer_20251124\"},{\"type\":\"memory_20250818\"},{\"type\":\"browser_toolset_20260801\"},{\"type\":\"tool_search_tool_bm25_20251119\"},{\"type\":\"tool_search_tool_regex\"}]", StringComparison.Ordinal) },
        { Dialect.AnthropicMessages, Messages.Replace("#", "\"mcp_servers\":[],\"fallbacks\":[],\"container\":null,\"context_management\":{\"edits\":[{\"type\":\"clear_tool_uses_20250919\"}]},\"betas_of_next_week\":[\"x\"]", StringComparison.Ordinal) },
        { Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"tool_use","input":{"tool":{"definition":{"type":"web_search_20250305"}},"file_id":"x","tools":[{"type":"mcp"}]}}]}]}""" },
        { Dialect.GeminiGenerate, Gemini.Replace("#", "\"tools\":[{\"functionDeclarations\":[{\"name\":\"googleSearch\",\"parameters\":{\"googleSearch\":{}}}]}],\"toolConfig\":{},\"store\":true,\"generationConfig\":{\"responseModalities\":[\"TEXT\"]}", StringComparison.Ordinal) },
    };

    [Theory]
    [MemberData(nameof(Plain))]
    public void What_the_client_runs_itself_and_what_nobody_knows_yet_passes(Dialect dialect, string body)
    {
        var facts = Bodies.Read(dialect, body, dialect == Dialect.GeminiGenerate ? "m" : null);
        Assert.Null(facts.Features);
        Assert.Equal((OutputKinds.None, false), (facts.Outputs, facts.WantsCompaction));
    }

    private static void AssertAsks(Dialect dialect, string body, string member, Features features, string field)
    {
        var facts = Bodies.Read(dialect, body.Replace("#", member, StringComparison.Ordinal), dialect == Dialect.GeminiGenerate ? "m" : null);
        Assert.Equal((features, field), (facts.Features?.All, facts.Features?.FieldOf(features)));
    }
}
