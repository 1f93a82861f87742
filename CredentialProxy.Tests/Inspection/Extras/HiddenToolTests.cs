using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Inspection.Extras;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Tests.Inspection.Extras;

/// <summary>Tools of the provider's, hidden where a provider would find them all the same.</summary>
public sealed class HiddenToolTests
{
    [Theory]
    [Trait("threat", "spend-6")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"type":"additional_tools","role":"developer","tools":[{"type":"web_search"}]}]}""", Features.WebSearch)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":{"type":"additional_tools","tools":[{"type":"web_search"}]}}""", Features.WebSearch)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"tools":[{"server_url":"https://evil.example","type":"mcp"}],"type":"additional_tools"}]}""", Features.RemoteMcp)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"namespace","tools":[{"type":"web_search"}]}]}""", Features.WebSearch)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"function","type":"web_search"}]}""", Features.WebSearch)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"web_search","type":"function"}]}""", Features.WebSearch)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"web\u005fsearch"}]}""", Features.WebSearch)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"t\u0079pe":"mcp"}]}""", Features.RemoteMcp)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","too\u006cs":[{"type":"mcp"}]}""", Features.RemoteMcp)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[],"tools":[{"type":"mcp"}]}""", Features.RemoteMcp)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"mcp"}],"tools":[]}""", Features.RemoteMcp)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":{"type":"mcp"}}""", Features.RemoteMcp)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":""}]}""", Features.HostedTools)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":" function"}]}""", Features.HostedTools)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"shell","environment":{"type":"local","type":"container_auto"}}]}""", Features.CodeExecution)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"shell","environment":{"type":"container_auto","type":"local"}}]}""", Features.CodeExecution)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"shell","environment":{"type":"container_auto","x":{"environment":{"type":"local"}}}}]}""", Features.CodeExecution)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"shell","environment":{"type":"local"},"environment":{"type":"container_auto"}}]}""", Features.CodeExecution)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"function","environment":{"type":"local"}},{"type":"shell"}]}""", Features.CodeExecution)]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[{"role":"system","content":[{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"type":"web_search_20250305","name":"web_search"}}}]}]}""", Features.WebSearch)]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[],"tools":[{"name":"web_search","type":"web_search_20250305"}]}""", Features.WebSearch)]
    [InlineData(Dialect.GeminiGenerate, """{"contents":[],"tools":[{"google\u0053earch":{}}]}""", Features.WebSearch)]
    [InlineData(Dialect.GeminiGenerate, """{"contents":[],"tools":[{"functionDeclarations":[]},{"functionDeclarations":[],"urlContext":{}}]}""", Features.WebFetch)]
    public void A_hidden_tool_is_found(Dialect dialect, string body, Features features) =>
        Assert.Equal(features, Bodies.Read(dialect, body, dialect == Dialect.GeminiGenerate ? "m" : null).Features?.All);

    [Theory]
    [Trait("threat", "spend-6")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"TYPE":"web_search"}]}""", "tools")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","Background":true}""", "background")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","Previous_Response_Id":"resp_1"}""", "previous_response_id")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"WEB_SEARCH_OPTIONS":{}}""", "web_search_options")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"PlugIns":[{"id":"web"}]}""", "plugins")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"pluginſ":[{"id":"web"}]}""", "plugins")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"max_to\u212Aens":5}""", "max_tokens")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[],"Speed":"fast"}""", "speed")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","TOOLS":[{"type":"mcp","server_url":"https://evil.example"}]}""", "tools")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"Tools":[{"type":"web_search"}]}""", "tools")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[],"toolſ":[{"type":"web_search_20250305"}]}""", "tools")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","Prompt":{"id":"pmpt_1"}}""", "prompt")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"Modalities":["audio"]}""", "modalities")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","Context_Management":[{"type":"compaction"}]}""", "context_management")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","context_management":[{"Type":"compaction"}]}""", "type")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"Extra_Body":{"google":{"cached_content":"x"}}}""", "extra_body")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"extra_body":{"google":{"CACHED_CONTENT":"x"}}}""", "cached_content")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"Stop_Server_Tools_When":[]}""", "stop_server_tools_when")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[],"Compaction":{}}""", "compaction")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[],"tools":[{"type":"web_search_20250305","Max_Uses":1}]}""", "tools")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"shell","environment":{"type":"local"},"Environment":{"type":"container_auto"}}]}""", "tools")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"shell","environment":{"type":"local","Type":"container_auto"}}]}""", "tools")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"namespace","Tools":[{"type":"mcp"}]}]}""", "tools")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","Input":"x"}""", "input")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"type":"message","Type":"item_reference","id":"msg_1"}]}""", "type")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"type":"message","role":"user","content":[{"type":"input_file","File_Id":"file-1"}]}]}""", "file_id")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"FILE_ID":"file-1"}}]}]}""", "file_id")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"document","source":{"type":"file","File_id":"file_1"}}]}]}]}""", "file_id")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","prompt":{"ID":"pmpt_1"}}""", "id")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[],"mcp_servers":[{"URL":"https://evil.example"}]}""", "url")]
    public void A_name_in_another_letter_case_is_refused_where_a_server_may_take_it(Dialect dialect, string body, string param) =>
        Assert.Equal(param, Bodies.Refuse(dialect, body).Param);

    [Theory]
    // The names of arguments, schemas, variables and environments are the client's; Google's parser minds the case.
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":[{"type":"local_shell_call","action":{"type":"exec","env":{"URL":"x","ID":"1","TYPE":"y","DATA":"z"}}}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"Type":{"type":"string"},"Model":{},"ID":{}}}}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","prompt":{"id":"pmpt_1","variables":{"Content":"a","Source":"b","Model":"c"}},"metadata":{"Model":"x","ID":"y"}}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"response_format":{"type":"json_schema","json_schema":{"schema":{"properties":{"Type":{},"URL":{}}}}}}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{"Environment":{},"Content":{}}}}}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"URL":"x","Type":"y","nested":{"ID":1}}}]}],"tools":[{"name":"f","input_schema":{"properties":{"Source":{}}}}]}""")]
    [InlineData(Dialect.GeminiGenerate, """{"contents":[{"parts":[{"functionCall":{"args":{"Model":"x"}}}]}],"Tools":[]}""")]
    public void What_is_the_client_s_to_name_may_be_written_as_it_likes(Dialect dialect, string body) =>
        Bodies.Read(dialect, body, dialect == Dialect.GeminiGenerate ? "m" : null);

    [Theory]
    [Trait("threat", "spend-6")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"tools":[{"google_search":{}}]}""", Features.HostedTools)]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"tools":[{"type":"function","function":{"name":"f"}},{"function":{"name":"g"}}]}""", Features.HostedTools)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":null,"server_url":"https://evil.example"}]}""", Features.HostedTools)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":["mcp"]}]}""", Features.HostedTools)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"tools":[{"type":"function"}]}]}""", Features.HostedTools)]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[],"extra_body":{"google":{"tools":[{"google_search":{}}]}}}""", Features.HostedTools)]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[],"tools":[{"name":"f","input_schema":{}}]}""", null)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","input":"x","tools":[{"type":"namespace","tools":[{"type":"function"}]},{"tools":[],"type":"namespace"}]}""", null)]
    public void A_tool_that_does_not_say_what_it_is_is_the_client_s_at_Anthropic_alone(Dialect dialect, string body, Features? features) =>
        Assert.Equal(features, Bodies.Read(dialect, body).Features?.All);

    [Theory]
    [Trait("threat", "spend-4")]
    [InlineData(2000)]
    [InlineData(-1)]
    public void Google_s_thinking_budget_is_held_in_the_other_dialect_too(int budget) => Assert.Equal(
        Math.Max(0, budget),
        Bodies.Read(Dialect.OpenAIChat, """{"model":"m","messages":[],"extra_body":{"google":{"thinking_config":{"thinking_budget":BUDGET}}}}""".Replace("BUDGET", $"{budget}", StringComparison.Ordinal)).ThinkingBudget);

    [Fact]
    public void Tools_tell_what_bounds_them()
    {
        var tools = Bodies.Read(
            Dialect.AnthropicMessages,
            """
            {"model":"m","max_tokens":9,"messages":[],"tools":[{"name":"f","max_uses":7},{"type":"web_search_20250305","max_uses":3},{"max_uses":null,"type":"web_fetch_20250910"},
            {"type":"advisor_20260301","model":"claude-opus-5"},{"type":"code_execution_20250825"}]}
            """).Features!;
        Assert.Equal(
            [(HostedTool.WebSearch, 3), (HostedTool.WebFetch, null), (HostedTool.Advisor, null), (HostedTool.Container, null)],
            tools.Tools.Select(tool => (tool.Kind, tool.MaxUses)));
        Assert.Equal(["claude-opus-5"], tools.Models);
    }

    [Theory]
    [InlineData("""{"type":"code_interpreter","container":{"type":"auto"}}""", 1)]
    [InlineData("""{"type":"code_interpreter","container":{"type":"auto","memory_limit":"16g"}}""", 16)]
    [InlineData("""{"type":"code_interpreter","container":{"type":"auto","memory_limit":"1g","memory_limit":"4g"}}""", 4)]
    [InlineData("""{"type":"shell","environment":{"type":"container_auto","memory_limit":"128g"}}""", 64)]
    public void A_container_tells_its_size(string tool, int gigabytes) =>
        Assert.Equal(gigabytes, Assert.Single(Bodies.Read(Dialect.OpenAIResponses, $$"""{"model":"m","input":"x","tools":[{{tool}}]}""").Features!.Tools).ContainerGigabytes);

    [Theory]
    [InlineData(Dialect.AnthropicMessages, """{"type":"web_search_20250305","max_uses":-1}""")]
    [InlineData(Dialect.AnthropicMessages, """{"type":"web_search_20250305","max_uses":"3"}""")]
    [InlineData(Dialect.AnthropicMessages, """{"type":"web_search_20250305","max_uses":1e3}""")]
    [InlineData(Dialect.AnthropicMessages, """{"type":"web_search_20250305","max_uses":3,"max_uses":99999}""")]
    public void A_bound_that_makes_no_sense_is_refused(Dialect dialect, string tool) =>
        Assert.Equal("tools", Bodies.Refuse(dialect, $$"""{"model":"m","max_tokens":9,"messages":[],"tools":[{{tool}}]}""").Param);

    [Fact]
    public void More_tools_than_any_client_has_are_refused()
    {
        static string Body(int count) => $$"""{"model":"m","input":"x","tools":[{{string.Join(',', Enumerable.Repeat("""{"type":"mcp"}""", count))}}]}""";
        Assert.Equal(RequestedFeatures.MaxCount, Bodies.Read(Dialect.OpenAIResponses, Body(RequestedFeatures.MaxCount)).Features!.Tools.Count);
        Assert.Equal("tools", Bodies.Refuse(Dialect.OpenAIResponses, Body(RequestedFeatures.MaxCount + 1)).Param);
    }
}
