using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Tests.Inspection;

/// <summary>Tiers, speeds, places and modalities, as bodies ask for them.</summary>
public sealed class ServiceTermsTests
{
    [Theory]
    [Trait("threat", "spend-5")]
    [InlineData("", ServiceTier.Auto)]
    [InlineData(",\"service_tier\":null", ServiceTier.Auto)]
    [InlineData(",\"service_tier\":\"auto\"", ServiceTier.Auto)]
    [InlineData(",\"service_tier\":\"default\"", ServiceTier.Standard)]
    [InlineData(",\"service_tier\":\"flex\"", ServiceTier.Flex)]
    [InlineData(",\"service_tier\":\"priority\"", ServiceTier.Priority)]
    [InlineData(",\"service_tier\":\"fast\"", ServiceTier.Fast)]
    [InlineData(",\"service_tier\":\"ultra\\u0066ast\"", ServiceTier.Ultrafast)]
    [InlineData(",\"service_tier\":\"hyperfast\"", ServiceTier.Unknown)]
    [InlineData(",\"service_tier\":\"a-tier-whose-name-is-longer-than-any-that-there-is\"", ServiceTier.Unknown)]
    public void OpenAI_s_tiers_are_read(string member, ServiceTier tier)
    {
        Assert.Equal(tier, Bodies.Read(Dialect.OpenAIChat, $$"""{"model":"m","messages":[]{{member}}}""").Terms.Tier);
        Assert.Equal(tier, Bodies.Read(Dialect.OpenAIResponses, $$"""{"model":"m","input":"x"{{member}}}""").Terms.Tier);
    }

    [Theory]
    [Trait("threat", "spend-5")]
    [InlineData("", ServiceTier.Standard, InferenceGeo.Unstated, null)]
    [InlineData(",\"speed\":\"fast\",\"inference_geo\":\"us\"", ServiceTier.Fast, InferenceGeo.Us, null)]
    [InlineData(",\"speed\":\"standard\",\"inference_geo\":\"global\"", ServiceTier.Standard, InferenceGeo.Global, null)]
    [InlineData(",\"speed\":null,\"inference_geo\":null", ServiceTier.Standard, InferenceGeo.Unstated, null)]
    [InlineData(",\"speed\":\"turbo\"", ServiceTier.Unknown, InferenceGeo.Unstated, "speed")]
    [InlineData(",\"speed\":\"priority\"", ServiceTier.Unknown, InferenceGeo.Unstated, "speed")]
    [InlineData(",\"inference_geo\":\"mars\"", ServiceTier.Standard, InferenceGeo.Unknown, "inference_geo")]
    [InlineData(",\"service_tier\":\"auto\"", ServiceTier.Standard, InferenceGeo.Unstated, null)]
    [InlineData(",\"fallbacks\":[{\"model\":\"x\",\"speed\":\"fast\"}]", ServiceTier.Fast, InferenceGeo.Unstated, null)]
    public void Anthropic_s_speeds_and_places_are_read(string member, ServiceTier tier, InferenceGeo geo, string? unknown)
    {
        var facts = Bodies.Read(Dialect.AnthropicMessages, $$"""{"model":"m","max_tokens":9,"messages":[]{{member}}}""");
        Assert.Equal((new ServiceTerms(tier, geo), unknown), (facts.Terms, facts.UnknownTerm));
    }

    [Theory]
    [Trait("threat", "spend-5")]
    [InlineData("serviceTier", "priority", ServiceTier.Priority)]
    [InlineData("service_tier", "SERVICE_TIER_PRIORITY", ServiceTier.Priority)]
    [InlineData("serviceTier", "unspecified", ServiceTier.Standard)]
    public void Google_s_tiers_are_read(string name, string value, ServiceTier tier) =>
        Assert.Equal(tier, Bodies.Read(Dialect.GeminiGenerate, $$"""{"contents":[],"{{name}}":"{{value}}"}""", "m").Terms.Tier);

    [Theory]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","serviceTier":"flex"}""", "service_tier")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","service\u0054ier":"flex"}""", "service_tier")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","maxOutputTokens":1}""", "max_output_tokens")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","service_tier":1}""", "service_tier")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","service_tier":["priority"]}""", "service_tier")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","service_tier":"default","service_tier":"priority"}""", "service_tier")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"speed":{"type":"fast"}}""", "speed")]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"speed":"standard","sp\u0065ed":"fast"}""", "speed")]
    [InlineData(Dialect.GeminiGenerate, """{"serviceTier":"standard","service_tier":"priority"}""", "serviceTier")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","max_tool_calls":"9"}""", "max_tool_calls")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","max_tool_calls":1,"max_tool_calls":99}""", "max_tool_calls")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","provider":{},"provider":{"sort":"throughput"}}""", "provider")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","provider":{"max_price":{"prompt":1,"prompt":99}}}""", "provider.max_price.prompt")]
    public void What_could_be_read_in_two_ways_is_refused(Dialect dialect, string body, string param) =>
        Assert.Equal(param, Bodies.Refuse(dialect, body, dialect == Dialect.GeminiGenerate ? "m" : null).Param);

    [Theory]
    [Trait("threat", "spend-5")]
    [InlineData(Dialect.OpenAIChat, "\"modalities\":[\"text\",\"audio\"]", OutputKinds.Audio)]
    [InlineData(Dialect.OpenAIChat, "\"modalities\":[\"image\",\"text\"]", OutputKinds.Image)]
    [InlineData(Dialect.OpenAIChat, "\"modalities\":[\"smell\"]", OutputKinds.Other)]
    [InlineData(Dialect.GeminiGenerate, "\"generationConfig\":{\"responseModalities\":[\"TEXT\",\"IMAGE\"]}", OutputKinds.Image)]
    [InlineData(Dialect.GeminiGenerate, "\"generation_config\":{\"response_modalities\":\"Audio\"}", OutputKinds.Audio)]
    [InlineData(Dialect.GeminiGenerate, "\"generationConfig\":{\"responseModalities\":[\"VIDEO\"]}", OutputKinds.Video)]
    [InlineData(Dialect.GeminiGenerate, "\"generationConfig\":{\"responseModalities\":[3]}", OutputKinds.Other)]
    public void What_an_answer_shall_be_made_of_is_read(Dialect dialect, string member, OutputKinds outputs) =>
        Assert.Equal(outputs, Bodies.Read(dialect, $$"""{"model":"m",{{member}}}""").Outputs);

    [Theory]
    [Trait("threat", "spend-5")]
    [InlineData("\"context_management\":{\"edits\":[{\"type\":\"compact_20260112\"}]}", true)]
    [InlineData("\"context_management\":{\"edits\":[{\"type\":\"clear_thinking_20251015\",\"keep\":{\"type\":\"thinking_turns\",\"value\":1}},{\"type\":\"an_edit_of_next_week\"}]}", true)]
    [InlineData("\"compaction\":{\"type\":\"summarize\"}", true)]
    [InlineData("\"context_management\":{\"edits\":[{\"type\":\"clear_tool_uses_20250919\",\"trigger\":{\"type\":\"input_tokens\",\"value\":9}}]}", false)]
    public void A_summary_that_the_model_may_write_first_is_noticed(string member, bool isNoticed) =>
        Assert.Equal(isNoticed, Bodies.Read(Dialect.AnthropicMessages, $$"""{"model":"m","max_tokens":9,"messages":[],{{member}}}""").WantsCompaction);

    [Fact]
    [Trait("threat", "spend-5")]
    public void Predicted_output_is_counted_by_its_bytes()
    {
        const string Prediction = """{"type":"content","content":[{"type":"text","text":"predicted"}]}""";
        var facts = Bodies.Read(Dialect.OpenAIChat, $$"""{"model":"m","prediction":{{Prediction}},"messages":[{"content":"a long message after it"}]}""");
        Assert.Equal(Prediction.Length, facts.PredictionTokenBound);
        Assert.Equal(0, Bodies.Read(Dialect.OpenAIChat, """{"model":"m","prediction":null,"messages":[{"content":"x"}]}""").PredictionTokenBound);
    }
}
