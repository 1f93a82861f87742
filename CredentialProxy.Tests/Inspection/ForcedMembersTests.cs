using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Providers;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Inspection;

/// <summary>Values that a body is held to: put in place, and not a byte more.</summary>
public sealed class ForcedMembersTests
{
    [Theory]
    [Trait("threat", "spend-5")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","service_tier":"priority","n":1}""", """{"model":"m","service_tier":"default","n":1}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","service_tier" : "f\u006cex" }""", """{"model":"m","service_tier" : "default" }""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","service_tier":null}""", """{"model":"m","service_tier":"default"}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","service_tier":"default"}""", """{"model":"m","service_tier":"default"}""")]
    [InlineData(Dialect.OpenAIChat, """{ "model":"m"}""", """{"service_tier":"default", "model":"m"}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","service_tier":"auto","input":"\"service_tier\":\"priority\""}""", """{"model":"m","service_tier":"default","input":"\"service_tier\":\"priority\""}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9}""", """{"service_tier":"standard_only","model":"m","max_tokens":9}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","service_tier":"auto","max_tokens":9}""", """{"model":"m","service_tier":"standard_only","max_tokens":9}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","service_tier":"standard_only","max_tokens":9}""", """{"model":"m","service_tier":"standard_only","max_tokens":9}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","serviceTier":"priority"}""", """{"model":"m","serviceTier":"standard"}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m"}""", """{"model":"m"}""")]
    [InlineData(Dialect.OpenAIEmbeddings, """{"model":"m","service_tier":"priority"}""", """{"model":"m","service_tier":"priority"}""")]
    public void The_standard_tier_is_put_in_place(Dialect dialect, string body, string expected)
    {
        foreach (var split in Enumerable.Range(0, body.Length))
        {
            var sequence = Bodies.Split(Encoding.UTF8.GetBytes(body), split);
            Assert.Null(RequestInspector.Inspect(dialect, sequence, null, isStreamPath: false, out var facts));
            Assert.Equal(expected, Bodies.Apply(ForcedMembers.StandardTier(facts, dialect, absentMeansOther: true), sequence));
        }
    }

    [Fact]
    public void A_tier_that_is_not_named_stays_so_where_that_means_the_standard_one() =>
        Assert.True(ForcedMembers.StandardTier(Bodies.Read(Dialect.OpenAIChat, """{"model":"m"}"""), Dialect.OpenAIChat, absentMeansOther: false).IsEmpty);

    [Theory]
    [Trait("threat", "spend-6")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","tools":[{"type":"web_search"}]}""", """{"max_tool_calls":5,"model":"m","tools":[{"type":"web_search"}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","max_tool_calls":null,"tools":[{"type":"web_search"}]}""", """{"model":"m","max_tool_calls":5,"tools":[{"type":"web_search"}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","max_tool_calls":99,"tools":[{"type":"web_search"}]}""", """{"model":"m","max_tool_calls":99,"tools":[{"type":"web_search"}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","tools":[{"type":"function"}]}""", """{"model":"m","tools":[{"type":"function"}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"tools":[{"type":"web_search_20250305"},{"name":"f"},{ "max_uses":null,"type":"web_fetch_20250910"},{"type":"web_search_20250305","max_uses":2}]}""", """{"model":"m","max_tokens":9,"tools":[{"max_uses":5,"type":"web_search_20250305"},{"name":"f"},{ "max_uses":5,"type":"web_fetch_20250910"},{"type":"web_search_20250305","max_uses":2}]}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"tools":[{"type":"code_execution_20250825"}]}""", """{"model":"m","max_tokens":9,"tools":[{"type":"code_execution_20250825"}]}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","tools":[{"googleSearch":{}}]}""", """{"model":"m","tools":[{"googleSearch":{}}]}""")]
    public void Calls_of_tools_are_bounded_where_the_body_does_not(Dialect dialect, string body, string expected)
    {
        var facts = Bodies.Read(dialect, body);
        Assert.Equal(expected, Bodies.Apply(ForcedMembers.ToolCalls(facts, dialect, 5), new(Encoding.UTF8.GetBytes(body))));
    }

    [Theory]
    [Trait("threat", "spend-8")]
    [InlineData("""{"model":"m"}""", """{"provider":{"max_price":{"prompt":1.5,"completion":2}},"model":"m"}""")]
    [InlineData("""{"model":"m","provider":null}""", """{"model":"m","provider":{"max_price":{"prompt":1.5,"completion":2}}}""")]
    [InlineData("""{"model":"m","provider":{}}""", """{"model":"m","provider":{"max_price":{"prompt":1.5,"completion":2}}}""")]
    [InlineData("""{"model":"m","provider":{"sort":"throughput"}}""", """{"model":"m","provider":{"max_price":{"prompt":1.5,"completion":2},"sort":"throughput"}}""")]
    [InlineData("""{"model":"m","provider":{"only":["x"],"max_price":null}}""", """{"model":"m","provider":{"only":["x"],"max_price":{"prompt":1.5,"completion":2}}}""")]
    [InlineData("""{"model":"m","provider":{"max_price":{}}}""", """{"model":"m","provider":{"max_price":{"prompt":1.5,"completion":2}}}""")]
    [InlineData("""{"model":"m","provider":{"max_price":{"prompt":1,"completion":99}}}""", """{"model":"m","provider":{"max_price":{"prompt":1,"completion":2}}}""")]
    [InlineData("""{"model":"m","provider":{"max_price":{"prompt":"1.4","completion":"many"}}}""", """{"model":"m","provider":{"max_price":{"prompt":"1.4","completion":2}}}""")]
    [InlineData("""{"model":"m","provider":{"max_price":{"request":1}}}""", """{"model":"m","provider":{"max_price":{"completion":2,"prompt":1.5,"request":1}}}""")]
    [InlineData("""{"model":"m","provider":{"max_price":{"prompt":-1,"completion":null}}}""", """{"model":"m","provider":{"max_price":{"prompt":1.5,"completion":2}}}""")]
    public void A_router_s_price_is_bounded(string body, string expected)
    {
        Assert.True(ForcedMembers.TryBoundRouterPrice(Bodies.Read(Dialect.OpenAIChat, body), 1.5m, 2, out var edits));
        var sent = Bodies.Apply(edits, new(Encoding.UTF8.GetBytes(body)));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(sent)), sent);
    }

    [Theory]
    [InlineData("""{"model":"m","provider":"openai"}""")]
    [InlineData("""{"model":"m","provider":["openai"]}""")]
    [InlineData("""{"model":"m","provider":{"max_price":7}}""")]
    [InlineData("""{"model":"m","provider":{"max_price":{"prompt":{}}}}""")]
    public void Preferences_that_leave_no_place_for_a_bound_are_told(string body) =>
        Assert.False(ForcedMembers.TryBoundRouterPrice(Bodies.Read(Dialect.OpenAIChat, body), 1, 1, out _));

    [Property(MaxTest = 500)]
    public Property Every_byte_but_the_value_stays_however_a_body_is_written() => Prop.ForAll(WrittenBodies.ToArbitrary(), written =>
    {
        var facts = Bodies.Read(Dialect.OpenAIChat, written.Text);
        var sent = Bodies.Apply(ForcedMembers.StandardTier(facts, Dialect.OpenAIChat, absentMeansOther: true), new(Encoding.UTF8.GetBytes(written.Text)));
        Assert.Equal(written.Before + "\"default\"" + written.After, sent);
    });

    // White space, escapes and members of any sort around a tier; the tier itself written plainly or escaped.
    private static Gen<(string Text, string Before, string After)> WrittenBodies =>
        from before in Members
        from after in Members
        from name in Gen.Elements("service_tier", "service\\u005ftier", "\\u0073ervice_tier")
        from value in Gen.Elements("\"priority\"", "\"fl\\u0065x\"", "null", "\"\"", "\"unheard of\"", "\"\\ud83d\\ude00\"")
        from space in Space
        let head = "{" + space + "\"model\":\"m\"," + before + space + "\"" + name + "\":" + space
        let tail = space + "," + after + "\"end\":0" + space + "}"
        select (head + value + tail, head, tail);

    private static Gen<string> Space => Gen.Elements("", " ", "\n", "\r\n\t ");

    private static Gen<string> Members =>
        from members in Gen.ListOf(Member)
        select string.Concat(members.Select((member, i) => member.Replace("#", $"k{i}", StringComparison.Ordinal) + ","));

    private static Gen<string> Member => Gen.Elements(
        "\"#\":1.0e+2", "\"#\": 12345678901234567890", "\"#\":\"\\u00e9\\/é😀\"", "\"#\":{\"service_tier\":\"priority\"}", "\"#\" : [ ]", "\"#\":[{\"a\":null},true,-0]", "\"#\\\"\":\"\\\\\"");
}
