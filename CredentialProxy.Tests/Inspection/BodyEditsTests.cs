using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Tests.Inspection;

public sealed class BodyEditsTests
{
    [Theory]
    [InlineData("""{"model":"m","stream":true}""", """{"stream_options":{"include_usage":true},"model":"m","stream":true}""")]
    [InlineData("""  { "model":"m" , "stream":true } """, """  {"stream_options":{"include_usage":true}, "model":"m" , "stream":true } """)]
    [InlineData("""{"model":"m","stream":true,"stream_options":null}""", """{"model":"m","stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"model":"m","stream":true,"stream_options":{}}""", """{"model":"m","stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"model":"m","stream":true,"stream_options": { } }""", """{"model":"m","stream":true,"stream_options": {"include_usage":true } }""")]
    [InlineData("""{"stream_options":{"include_obfuscation":false},"model":"m","stream":true}""", """{"stream_options":{"include_usage":true,"include_obfuscation":false},"model":"m","stream":true}""")]
    [InlineData("""{"model":"m","stream_options":{"a":1,"include_usage":false,"b":2},"stream":true}""", """{"model":"m","stream_options":{"a":1,"include_usage":true,"b":2},"stream":true}""")]
    [InlineData("""{"model":"m","stream_options":{"include_usage":null},"stream":true}""", """{"model":"m","stream_options":{"include_usage":true},"stream":true}""")]
    [InlineData("""{"model":"m","stream":true,"messages":[{"content":"\"stream_options\":{\"include_usage\":true}"}],"x":{"stream_options":{"include_usage":true}}}""", """{"stream_options":{"include_usage":true},"model":"m","stream":true,"messages":[{"content":"\"stream_options\":{\"include_usage\":true}"}],"x":{"stream_options":{"include_usage":true}}}""")]
    [InlineData("""{"model":"m","stream":true,"big":12345678901234567890123,"f":1.0e+2,"u":"\u00e9\ud83d\ude00é😀\/"}""", """{"stream_options":{"include_usage":true},"model":"m","stream":true,"big":12345678901234567890123,"f":1.0e+2,"u":"\u00e9\ud83d\ude00é😀\/"}""")]
    public void A_stream_is_asked_for_its_usage_and_every_other_byte_stays(string body, string expected)
    {
        foreach (var dialect in new[] { Dialect.OpenAIChat, Dialect.OpenAICompletions })
        {
            var bytes = Encoding.UTF8.GetBytes(body);
            for (var split = 0; split <= bytes.Length; split++)
            {
                var sequence = Bodies.Split(bytes, split);
                Assert.Null(RequestInspector.Inspect(dialect, sequence, null, isStreamPath: false, out var facts));
                Assert.False(facts.AsksForUsage);
                Assert.Equal(expected, Bodies.Apply(default(BodyEdits).With(facts.UsageEdit!.Value), sequence));
            }
            var again = Bodies.Read(dialect, expected);
            Assert.Equal((true, null), (again.AsksForUsage, again.UsageEdit));
        }
    }

    [Theory]
    [InlineData(Dialect.OpenAIChat, """{"model":"m"}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","stream":false}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","stream":null,"stream_options":{}}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","stream":true}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1,"stream":true}""")]
    public void Usage_is_not_asked_for_where_it_need_not_be(Dialect dialect, string body) => Assert.Null(Bodies.Read(dialect, body).UsageEdit);

    [Theory]
    [InlineData(Dialect.OpenAIChat, """{"model":"m"}""", """{"max_completion_tokens":50,"model":"m"}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","max_tokens":100}""", """{"model":"m","max_tokens":50}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","max_tokens":100,"max_completion_tokens": 999999999 }""", """{"model":"m","max_tokens":50,"max_completion_tokens": 50 }""")]
    [InlineData(Dialect.OpenAIChat, """{"max_completion_tokens":99,"model":"m","max_tokens":10}""", """{"max_completion_tokens":50,"model":"m","max_tokens":10}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","max_tokens":null}""", """{"max_completion_tokens":50,"model":"m","max_tokens":null}""")]
    [InlineData(Dialect.OpenAIChat, """{"max_completion_tokens":null,"model":"m","max_tokens":null}""", """{"max_completion_tokens":50,"model":"m","max_tokens":null}""")]
    [InlineData(Dialect.OpenAIChat, """{"max_tokens":null,"model":"m","max_completion_tokens":null}""", """{"max_tokens":null,"model":"m","max_completion_tokens":50}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","max_tokens":20}""", """{"model":"m","max_tokens":20}""")]
    [InlineData(Dialect.OpenAICompletions, """{"model":"m","max_tokens":null}""", """{"model":"m","max_tokens":50}""")]
    [InlineData(Dialect.OpenAICompletions, """{"model":"m"}""", """{"max_tokens":50,"model":"m"}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","max_output_tokens":null}""", """{"model":"m","max_output_tokens":50}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m"}""", """{"max_output_tokens":50,"model":"m"}""")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":1000}""", """{"model":"m","max_tokens":50}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m"}""", """{"generationConfig":{"maxOutputTokens":50},"model":"m"}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","generationConfig":null}""", """{"model":"m","generationConfig":{"maxOutputTokens":50}}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","generationConfig":{}}""", """{"model":"m","generationConfig":{"maxOutputTokens":50}}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","generationConfig":{"topK":1}}""", """{"model":"m","generationConfig":{"maxOutputTokens":50,"topK":1}}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","generation_config":{"max_output_tokens":0}}""", """{"model":"m","generation_config":{"max_output_tokens":50}}""")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"m","generationConfig":{"responseSchema":{"maxOutputTokens":7}}}""", """{"model":"m","generationConfig":{"maxOutputTokens":50,"responseSchema":{"maxOutputTokens":7}}}""")]
    public void An_output_limit_is_lowered_in_place_or_put_in(Dialect dialect, string body, string expected)
    {
        Assert.True(Bodies.Read(dialect, body).TryClampOutput(50, out var edits));
        var sent = Bodies.Apply(edits, new(Encoding.UTF8.GetBytes(body)));
        Assert.Equal(expected, sent);
        Assert.InRange(Bodies.Read(dialect, sent).OutputLimit!.Value, 1, 50);
    }

    [Theory]
    [InlineData(Dialect.OpenAIEmbeddings, """{"model":"m","input":"x"}""", 50)]
    [InlineData(Dialect.OpenAIChat, """{"model":"m"}""", 0)]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m"}""", 15)]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":5000,"thinking":{"type":"enabled","budget_tokens":2048}}""", 2048)]
    public void A_limit_that_the_provider_would_refuse_is_not_set(Dialect dialect, string body, long tokens) => Assert.False(Bodies.Read(dialect, body).TryClampOutput(tokens, out _));

    [Fact]
    public void Edits_of_several_places_are_made_together()
    {
        const string Body = """{"model":"m","stream":true,"messages":[],"max_tokens":100,"max_completion_tokens":200}""";
        var bytes = Encoding.UTF8.GetBytes(Body);
        var facts = Bodies.Read(Dialect.OpenAIChat, Body);
        Assert.True(facts.TryClampOutput(5, out var clamps));
        var edits = default(BodyEdits).With(facts.UsageEdit!.Value).With(clamps);
        for (var split = 0; split <= bytes.Length; split++)
        {
            var sent = Bodies.Apply(edits, Bodies.Split(bytes, split));
            Assert.Equal("""{"stream_options":{"include_usage":true},"model":"m","stream":true,"messages":[],"max_tokens":5,"max_completion_tokens":5}""", sent);
        }
    }

    [Fact]
    public void Two_members_put_in_at_the_same_place_stay_JSON()
    {
        const string Body = """{"model":"m","stream":true}""";
        var facts = Bodies.Read(Dialect.OpenAIChat, Body);
        Assert.True(facts.TryClampOutput(5, out var edits));
        var sent = Bodies.Apply(edits.With(facts.UsageEdit!.Value), new(Encoding.UTF8.GetBytes(Body)));
        var expected = JsonNode.Parse("""{"stream_options":{"include_usage":true},"max_completion_tokens":5,"model":"m","stream":true}""");
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(sent)), sent);
        Assert.EndsWith(Body[1..], sent, StringComparison.Ordinal);
    }

    [Fact]
    public void No_edits_leave_the_body_as_it_is()
    {
        var body = Bodies.Split(Encoding.UTF8.GetBytes("abcdef"), 0, 2, 2, 5);
        Assert.True(default(BodyEdits).IsEmpty);
        Assert.Equal("abcdef", Bodies.Apply(default, body));
    }

    [Fact]
    public void Edits_at_both_ends_and_of_everything_work()
    {
        var body = new System.Buffers.ReadOnlySequence<byte>("abcdef"u8.ToArray());
        Assert.Equal("1cde2", Bodies.Apply(default(BodyEdits).With(new BodyEdit(5, 1, "2"u8.ToArray())).With(new BodyEdit(0, 2, "1"u8.ToArray())), body));
        Assert.Equal("xabcdefy", Bodies.Apply(default(BodyEdits).With(new BodyEdit(0, 0, "x"u8.ToArray())).With(new BodyEdit(6, 0, "y"u8.ToArray())), body));
        Assert.Equal("", Bodies.Apply(default(BodyEdits).With(new BodyEdit(0, 6, default)), body));
    }

    [Fact]
    public void Edits_that_overlap_or_are_too_many_are_a_bug()
    {
        var edits = default(BodyEdits).With(new BodyEdit(0, 2, default));
        Assert.Throws<InvalidOperationException>(() => edits.With(new BodyEdit(1, 1, default)));
        for (var i = 1; i < BodyEdits.MaxCount; i++)
        {
            edits = edits.With(new BodyEdit(10 * i, 1, default));
        }
        Assert.Throws<InvalidOperationException>(() => edits.With(new BodyEdit(99, 1, default)));
    }

    [Fact]
    public async Task The_edited_body_is_read_asynchronously_too()
    {
        await using var stream = default(BodyEdits).With(new BodyEdit(1, 1, "123"u8.ToArray())).Open(Bodies.Split("abc"u8.ToArray(), 1, 2));
        using var reader = new StreamReader(stream);
        Assert.Equal("a123c", await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(async () => await stream.ReadExactlyAsync(new byte[1], cancelled.Token));
    }

    [Fact]
    public void A_50_MB_prompt_is_inspected_without_a_copy()
    {
        var body = new byte[50 * 1024 * 1024];
        body.AsSpan().Fill((byte)'x');
        "{\"model\":\"m\",\"messages\":[{\"content\":\""u8.CopyTo(body);
        "\"}],\"stream\":true}"u8.CopyTo(body.AsSpan(body.Length - "\"}],\"stream\":true}"u8.Length));
        var sequence = Bodies.Split(body, [.. Enumerable.Range(1, 799).Select(i => i * 65_536)]);
        RequestInspector.Inspect(Dialect.OpenAIChat, sequence, null, isStreamPath: false, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(RequestInspector.Inspect(Dialect.OpenAIChat, sequence, null, isStreamPath: false, out var facts));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16_384);
        Assert.InRange(facts.InputTokenBound, body.Length - 200, body.Length + 200);
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(default(BodyEdits).With(facts.UsageEdit!.Value).Open(sequence)).RootElement.ValueKind);
    }
}
