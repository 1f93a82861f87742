using System.Text;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Providers;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Inspection;

/// <summary>Bodies that are refused, and what the refusal names.</summary>
public sealed class RequestRefusalTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"model\"")]
    [InlineData("12")]
    [InlineData("{")]
    [InlineData("""{"model":"m",}""")]
    [InlineData("""{"model":"m"}}""")]
    [InlineData("""{"model":"m"} {}""")]
    [InlineData("""{"model":"m" /* note */}""")]
    [InlineData("""{'model':'m'}""")]
    [InlineData("""{"model":"m","messages":[{"content":"unfinished""")]
    [InlineData("{\"model\":\"m\",\"a\":\"line\nbreak\"}")]
    [InlineData("""{"model":"m","a":NaN}""")]
    [InlineData("""{"model":"m","a":01}""")]
    public void What_is_no_JSON_object_is_refused(string body) => Assert.Null(Bodies.Refuse(Dialect.OpenAIChat, body).Param);

    [Theory]
    [InlineData("""{"model":n""")]
    [InlineData("""{"model":"m","stream":tru""")]
    [InlineData("""{"model":"m","stream":fals""")]
    public void A_body_that_breaks_off_in_a_literal_is_refused_however_it_is_split(string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        for (var split = 0; split <= body.Length; split++)
        {
            Assert.NotNull(RequestInspector.Inspect(Dialect.OpenAIChat, Bodies.Split(body, split, body.Length, body.Length), null, isStreamPath: false, out _));
        }
    }

    [Fact]
    public void Other_encodings_are_refused_by_name()
    {
        const string Body = """{"model":"m"}""";
        Assert.Contains("byte order mark", Bodies.Refuse(Dialect.OpenAIChat, [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Body)]).Message, StringComparison.Ordinal);
        foreach (var encoding in new[] { Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32 })
        {
            Assert.Contains("UTF-16", Bodies.Refuse(Dialect.OpenAIChat, encoding.GetBytes(Body)).Message, StringComparison.Ordinal);
            Assert.Contains("UTF-16", Bodies.Refuse(Dialect.OpenAIChat, [.. encoding.Preamble, .. encoding.GetBytes(Body)]).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [Trait("threat", "spend-3")]
    [Trait("threat", "spend-4")]
    [InlineData(Dialect.OpenAIChat, """{"messages":[]}""", "model")]
    [InlineData(Dialect.OpenAIChat, """{"model":""}""", "model")]
    [InlineData(Dialect.OpenAIChat, """{"model":null}""", "model")]
    [InlineData(Dialect.OpenAIChat, """{"model":7}""", "model")]
    [InlineData(Dialect.OpenAIChat, """{"model":["m"]}""", "model")]
    [InlineData(Dialect.OpenAIChat, """{"model":{"id":"m"}}""", "model")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m n"}""", "model")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m\u0000"}""", "model")]
    [InlineData(Dialect.OpenAIChat, """{"model":"\ud800"}""", null)]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","stream":"true"}""", "stream")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","stream":1}""", "stream")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","stream":{}}""", "stream")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","stream_options":[]}""", "stream_options")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","stream_options":"x"}""", "stream_options")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","stream_options":{"include_usage":"true"}}""", "stream_options.include_usage")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","stream_options":{"include_usage":{}}}""", "stream_options.include_usage")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","max_tokens":-1}""", "max_tokens")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","max_tokens":1.5}""", "max_tokens")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","max_tokens":1e308}""", "max_tokens")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","max_tokens":99999999999999999999}""", "max_tokens")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","max_tokens":"100"}""", "max_tokens")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","max_tokens":[100]}""", "max_tokens")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","max_completion_tokens":-1}""", "max_completion_tokens")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","n":0}""", "n")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","n":129}""", "n")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","n":"2"}""", "n")]
    [InlineData(Dialect.OpenAICompletions, """{"model":"m","best_of":-2}""", "best_of")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","max_output_tokens":true}""", "max_output_tokens")]
    [InlineData(Dialect.OpenAIResponses, """{"prompt":"x"}""", "model")]
    [InlineData(Dialect.OpenAIEmbeddings, """{"input":"x"}""", "model")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m"}""", "max_tokens")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":null}""", "max_tokens")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"thinking":{"budget_tokens":-1}}""", "thinking.budget_tokens")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"thinking":true}""", "thinking")]
    public void A_wrong_field_is_named(Dialect dialect, string body, string? param) => Assert.Equal(param, Bodies.Refuse(dialect, body).Param);

    [Theory]
    [Trait("threat", "spend-4")]
    [InlineData("""{"generationConfig":{"maxOutputTokens":-1}}""", "generationConfig.maxOutputTokens")]
    [InlineData("""{"generationConfig":{"max_output_tokens":"9"}}""", "generationConfig.maxOutputTokens")]
    [InlineData("""{"generationConfig":{"candidateCount":-1}}""", "generationConfig.candidateCount")]
    [InlineData("""{"generationConfig":[]}""", "generationConfig")]
    [InlineData("""{"generationConfig":{"thinkingConfig":{"thinkingBudget":-2}}}""", "generationConfig.thinkingConfig.thinkingBudget")]
    [InlineData("""{"generationConfig":{"thinkingConfig":7}}""", "generationConfig.thinkingConfig")]
    [InlineData("""{"model":"models/another"}""", "model")]
    [InlineData("""{"model":7}""", "model")]
    public void A_wrong_field_of_Gemini_is_named(string body, string param) => Assert.Equal(param, Bodies.Refuse(Dialect.GeminiGenerate, body, "gemini-2.5-pro").Param);

    [Theory]
    [InlineData("""{"requests":[{"model":"models/another"}]}""")]
    [InlineData("""{"requests":[{"model":"models/gemini-embedding-001"},{"model":"models/another"}]}""")]
    [InlineData("""{"requests":[{"model":7}]}""")]
    public void A_batch_of_embeddings_can_not_name_another_model(string body) => Assert.Equal("model", Bodies.Refuse(Dialect.GeminiEmbed, body, "gemini-embedding-001").Param);

    [Theory]
    [Trait("threat", "spend-4")]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","model":"b"}""", "model")]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","mod\u0065l":"b"}""", "model")]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","MODEL":"b"}""", "model")]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","Max_Tokens":5}""", "max_tokens")]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","max_tokens":1,"max_tokens":2}""", "max_tokens")]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","max_completion_tokens":1,"max_completion_tokens":null}""", "max_completion_tokens")]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","stream":true,"stream":false}""", "stream")]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","n":1,"n":2}""", "n")]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","stream_options":{},"stream_options":null}""", "stream_options")]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","stream_options":{"include_usage":true,"include_usage":false}}""", "stream_options.include_usage")]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","stream_options":{"Include_Usage":false}}""", "stream_options.include_usage")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"a","max_tokens":9,"thinking":{"budget_tokens":1,"budget_tokens":2}}""", "thinking.budget_tokens")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"a","max_tokens":9,"thinking":{},"thinking":{"budget_tokens":2}}""", "thinking")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"a","generationConfig":{"maxOutputTokens":1,"max_output_tokens":2}}""", "generationConfig.maxOutputTokens")]
    [InlineData(Dialect.GeminiGenerate, """{"model":"a","generationConfig":{},"generation_config":{}}""", "generationConfig")]
    public void A_deciding_member_that_could_be_read_in_two_ways_is_refused(Dialect dialect, string body, string param) => Assert.Equal(param, Bodies.Refuse(dialect, body).Param);

    [Theory]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","messages":[{"model":"b","stream":1,"max_tokens":-1,"n":0}],"metadata":{"model":"b","model":"c"}}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","max_output_tokens":-5,"best_of":"x","generationConfig":7}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"a","stream_options":{"include_obfuscation":false},"n":0,"max_tokens":"x"}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","tools":[{"function":{"parameters":{"properties":{"model":{"type":"string"},"stream":{"type":"boolean"}}}}}]}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"a","temperature":0.7,"Temperature":1,"stop":null,"user":"x","user":"y"}""")]
    public void Members_that_decide_elsewhere_or_nothing_do_not_matter(Dialect dialect, string body) => Assert.Equal("a", Bodies.Read(dialect, body).Model);

    [Fact]
    public void Nesting_is_bounded()
    {
        static string Nested(int depth) => "{\"model\":\"m\",\"x\":" + new string('[', depth) + new string(']', depth) + "}";
        Assert.Equal("m", Bodies.Read(Dialect.OpenAIChat, Nested(RequestInspector.MaxDepth - 1)).Model);
        Bodies.Refuse(Dialect.OpenAIChat, Nested(RequestInspector.MaxDepth));
        Bodies.Refuse(Dialect.OpenAIChat, Nested(10_000));
        Bodies.Refuse(Dialect.OpenAIChat, new string('[', 10_000));
    }

    [Fact]
    public void A_refusal_never_repeats_the_body()
    {
        const string Canary = "canary-7f3a";
        foreach (var body in new[] { $$"""{"model":"{{Canary}} x"}""", $$"""{"{{Canary}}":tru}""", $$"""{"model":"m","max_tokens":"{{Canary}}"}""", $$"""{"model":"m","stream":"{{Canary}}"}""", $$"""{"model":"{{new string('x', 300)}}{{Canary}}"}""" })
        {
            Assert.DoesNotContain(Canary, Bodies.Refuse(Dialect.OpenAIChat, body).Message, StringComparison.Ordinal);
        }
    }

    [Property(MaxTest = 3000)]
    public Property No_bytes_make_an_inspection_fail(PositiveInt[] offsets) => Prop.ForAll(HostileBodies, body =>
    {
        foreach (var dialect in Enum.GetValues<Dialect>())
        {
            var whole = RequestInspector.Inspect(dialect, new(body), "m", isStreamPath: false, out var facts);
            var split = RequestInspector.Inspect(dialect, Bodies.Split(body, [.. offsets.Select(offset => offset.Get % (body.Length + 1)).Order()]), "m", isStreamPath: false, out var again);
            Assert.Equal(whole is null, split is null);
            Assert.Equal(whole?.Param, split?.Param);
            Assert.Equal((facts.InputTokenBound, facts.OutputLimit, facts.Choices, facts.HasUnseenInput), (again.InputTokenBound, again.OutputLimit, again.Choices, again.HasUnseenInput));
        }
    });

    private static Arbitrary<byte[]> HostileBodies { get; } = Gen.OneOf(
        ArbMap.Default.GeneratorFor<byte[]>(),
        Members.ListOf().Select(members => Encoding.UTF8.GetBytes("{" + string.Join(',', members) + "}")),
        Gen.Elements(Metering.DialectRows.All.Select(data => data.Data.Request).ToArray()).SelectMany(Mutate)).ToArbitrary();

    private static Gen<string> Members =>
        from name in Gen.Elements("model", "stream", "stream_options", "include_usage", "max_tokens", "generationConfig", "thinking", "messages", "tools", "input", "prompt", "source", "data", "type", "image_url", "\\ud800", "x")
        from value in Gen.Elements("1", "-1", "1e400", "null", "true", "\"m\"", "\"\\udc00\"", "\"image\"", "{}", "[]", "[[]]", "{\"data\":\"x\"}", "{\"type\":\"\\ud800\",\"url\":\"\\u\"}", "[{\"content\":[{\"source\":{\"type\":\"text\",\"data\":\"x\"}}]}]", "{\"include_usage\":false}")
        select $"\"{name}\":{value}";

    private static Gen<byte[]> Mutate(string body) =>
        from at in Gen.Choose(0, body.Length - 1)
        from length in Gen.Choose(0, 10)
        from fragment in Gen.Elements("", "\"", "\\", "{", "}", "[", "]", ",", ":", "null", "\\ud800", "\0", "é", "9")
        select Encoding.UTF8.GetBytes(string.Concat(body.AsSpan(0, at), fragment, body.AsSpan(Math.Min(body.Length, at + length))));
}
