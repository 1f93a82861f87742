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
    public void A_name_in_another_letter_case_is_refused_where_a_server_may_take_it(Dialect dialect, string body, string param) =>
        Assert.Equal(param, Bodies.Refuse(dialect, body).Param);

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
