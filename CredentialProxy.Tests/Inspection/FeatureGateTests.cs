using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Judging;
using CredentialProxy.Tests.Reserving;

namespace CredentialProxy.Tests.Inspection;

/// <summary>Who may ask for what.</summary>
public sealed class FeatureGateTests
{
    private const string Responses = "/v1/responses";
    private const string Search = """{"model":"gpt-5","input":"x","tools":[{"type":"web_search"}]}""";
    private const string Mcp = """{"model":"gpt-5","input":"x","tools":[{"type":"mcp","server_url":"https://evil.example"}]}""";
    private const string StoredPrompt = """{"model":"gpt-5","prompt":{"id":"pmpt_1"}}""";

    private static readonly Scope Models = new() { Models = [Pattern("gpt-5")] };
    private static readonly Scope Endpoints = new() { Endpoints = [Rule("/v1/*")] };

    [Fact]
    [Trait("threat", "spend-6")]
    public void A_limited_token_is_refused_by_name_what_has_no_bound()
    {
        using var inspected = Inspected.Of("openai", Responses, Search);
        Assert.Equal((RefusalCode.UnmeteredFeature, "tools", true), (inspected.Refusal?.Code, inspected.Refusal?.Parameter, inspected.Refusal?.IsFinal));
        Assert.Contains("An operator can grant the feature 'web_search'.", inspected.Refusal!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_without_limits_may_search_and_its_body_stays_as_it_is()
    {
        using var inspected = Inspected.Of("openai", Responses, Search, isLimited: false);
        Assert.Null(inspected.Refusal);
        Assert.Equal(Search, inspected.Sent);
    }

    [Fact]
    [Trait("threat", "spend-6")]
    public void A_limited_token_may_what_it_is_granted_within_a_bound()
    {
        using var inspected = Inspected.Of("openai", Responses, Search, Inspected.Granting(Features.WebSearch));
        Assert.Null(inspected.Refusal);
        Assert.Equal("""{"service_tier":"default","max_tool_calls":5,""" + Search[1..], Ordered(inspected.Sent));
    }

    [Fact]
    [Trait("threat", "spend-6")]
    public void A_body_is_left_alone_where_its_endpoint_takes_no_tier()
    {
        const string Body = """{"model":"gpt-5","input":"x","questions":[]}""";
        using var inspected = Inspected.Of("openai", "/v1/decisions", Body);
        Assert.Null(inspected.Refusal);
        Assert.Equal(Body, inspected.Sent);
    }

    [Fact]
    [Trait("threat", "reach-5")]
    public void A_grant_of_one_feature_is_none_of_another()
    {
        using var inspected = Inspected.Of("openai", Responses, Mcp, Inspected.Granting(Features.WebSearch));
        Assert.Equal(RefusalCode.FeatureNotAllowed, inspected.Refusal?.Code);
    }

    public static TheoryData<string, bool, Features, RefusalCode?> Calling => new()
    {
        { "none", false, Features.None, null },
        { "none", true, Features.None, RefusalCode.FeatureNotAllowed },
        { "models", false, Features.None, RefusalCode.FeatureNotAllowed },
        { "endpoints", false, Features.None, RefusalCode.FeatureNotAllowed },
        { "models", false, Features.RemoteMcp, null },
        { "none", true, Features.RemoteMcp, null },
    };

    [Theory]
    [Trait("threat", "reach-5")]
    [MemberData(nameof(Calling))]
    public void What_makes_the_provider_call_out_is_off_for_narrowed_tokens(string narrowedBy, bool isLimited, Features granted, RefusalCode? code)
    {
        var narrowed = narrowedBy switch { "models" => Models, "endpoints" => Endpoints, _ => Scope.Unbounded };
        var scope = new Scope { Models = narrowed.Models, Endpoints = narrowed.Endpoints, Features = granted };
        using var inspected = Inspected.Of("openai", Responses, Mcp, scope, isLimited);
        Assert.Equal(code, inspected.Refusal?.Code);
    }

    [Theory]
    [Trait("threat", "spend-8")]
    [InlineData(Features.None, RefusalCode.FeatureNotAllowed)]
    [InlineData(Features.ModelChoice, null)]
    public void A_token_bound_to_models_is_refused_what_leaves_the_choice_to_others(Features granted, RefusalCode? code)
    {
        using var inspected = Inspected.Of("openai", Responses, StoredPrompt, new Scope { Models = Models.Models, Features = granted }, isLimited: false);
        Assert.Equal(code, inspected.Refusal?.Code);
    }

    [Theory]
    [Trait("threat", "spend-8")]
    [InlineData("""{"model":"openai/gpt-4o","models":["openai/gpt-4o","openai/o1-pro"],"messages":[]}""")]
    [InlineData("""{"messages":[],"models":["openai/o1-pro"],"model":"openai/gpt-4o"}""")]
    public void Where_the_choice_is_granted_each_model_must_be_too(string body)
    {
        var scope = new Scope { Models = [Pattern("openai/gpt-4o*")], Features = Features.ModelChoice };
        using var inspected = Inspected.Of("openrouter", "/v1/chat/completions", body, scope);
        Assert.Equal(RefusalCode.ModelNotAllowed, inspected.Refusal?.Code);
    }

    [Theory]
    [Trait("threat", "spend-5")]
    [InlineData("\"speed\":\"turbo\"", "speed", Features.ServiceTiers)]
    [InlineData("\"inference_geo\":\"mars\"", "inference_geo", Features.ServiceTiers)]
    public void A_multiplier_that_nobody_knows_is_refused(string member, string field, Features needed)
    {
        var body = $$"""{"model":"claude-opus-5","max_tokens":9,"messages":[],{{member}}}""";
        using var refused = Inspected.Of("anthropic", "/v1/messages", body);
        using var granted = Inspected.Of("anthropic", "/v1/messages", body, Inspected.Granting(needed));
        using var unlimited = Inspected.Of("anthropic", "/v1/messages", body, isLimited: false);
        Assert.Equal((RefusalCode.UnmeteredFeature, field), (refused.Refusal?.Code, refused.Refusal?.Parameter));
        Assert.Equal((null, null), (granted.Refusal, unlimited.Refusal));
    }

    [Theory]
    [Trait("threat", "spend-5")]
    [InlineData("gemini-2.5-flash", "IMAGE", true)]
    [InlineData("gemini-2.5-flash-image", "IMAGE", false)]
    [InlineData("gemini-2.5-flash", "AUDIO", true)]
    [InlineData("gemini-2.5-flash-preview-tts", "AUDIO", false)]
    [InlineData("gemini-2.5-flash", "VIDEO", true)]
    [InlineData("gemini-2.5-flash", "SMELL", true)]
    [InlineData("gemini-2.5-flash", "TEXT", false)]
    public void Output_that_has_no_price_is_refused(string model, string modality, bool isRefused)
    {
        using var inspected = Inspected.Of("gemini", $"/v1beta/models/{model}:generateContent", $$$"""{"contents":[],"generationConfig":{"responseModalities":["{{{modality}}}"]}}""");
        Assert.Equal(isRefused ? RefusalCode.UnmeteredFeature : null, inspected.Refusal?.Code);
    }

    [Fact]
    [Trait("threat", "spend-5")]
    public void A_tier_that_is_granted_is_left_alone()
    {
        const string Body = """{"model":"gpt-5","input":"x","service_tier":"priority"}""";
        using var held = Inspected.Of("openai", Responses, Body);
        using var granted = Inspected.Of("openai", Responses, Body, Inspected.Granting(Features.ServiceTiers));
        Assert.Equal("""{"model":"gpt-5","input":"x","service_tier":"default"}""", held.Sent);
        Assert.Equal(Body, granted.Sent);
    }

    [Theory]
    [Trait("threat", "spend-3")]
    [Trait("threat", "spend-8")]
    [InlineData("?fields=candidates")]
    [InlineData("?%24fields=candidates.finishReason")]
    [InlineData("?alt=proto")]
    [InlineData("?$alt=media")]
    [InlineData("?alt=sse&FIELDS=x")]
    [InlineData("?$httpMethod=GET")]
    [InlineData("?access_token=x")]
    [InlineData("?callback=x")]
    [InlineData("?model=gemini-2.5-pro")]
    [InlineData("?m%6fdel=gemini-2.5-pro")]
    public void A_query_that_blinds_the_meter_or_names_another_model_is_refused(string query)
    {
        using var inspected = Inspected.Of("gemini", "/v1beta/models/gemini-2.5-flash:generateContent", """{"contents":[]}""", isLimited: false, query: query);
        Assert.Equal(RefusalCode.InvalidRequestTarget, inspected.Refusal?.Code);
    }

    [Theory]
    [InlineData("gemini", "/v1beta/models/gemini-2.5-flash:streamGenerateContent", """{"contents":[]}""", "?alt=sse&key=x")]
    [InlineData("anthropic", "/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[]}""", "?beta=true")]
    [InlineData("openai", "/v1/chat/completions", """{"model":"gpt-4o","messages":[]}""", "?api-version=2026-01-01&a_parameter_of_next_week=1&model=gpt-4o")]
    public void What_clients_have_in_their_queries_passes(string provider, string path, string body, string query)
    {
        using var inspected = Inspected.Of(provider, path, body, query: query);
        Assert.Null(inspected.Refusal);
    }

    [Fact]
    [Trait("threat", "spend-6")]
    public void Only_a_credential_s_limit_is_held_as_a_token_s_own()
    {
        using var inspected = Inspected.Of("openai", Responses, Search, isLimited: false);
        Assert.Equal(RefusalCode.UnmeteredFeature, FeatureGate.Check(inspected.Request.Judged, isLimited: true)?.Code);
        Assert.Null(BodyHold.TryHold(inspected.Request.Judged, Inspected.Options.HostedToolCalls, out var edits));
        Assert.Contains("max_tool_calls", Bodies.Apply(edits, new(inspected.Body)), StringComparison.Ordinal);
    }

    private static string Ordered(string sent) => sent.StartsWith("{\"max_tool_calls\":5,", StringComparison.Ordinal)
        ? "{\"service_tier\":\"default\",\"max_tool_calls\":5," + sent["{\"max_tool_calls\":5,\"service_tier\":\"default\",".Length..]
        : sent;

    private static ModelPattern Pattern(string text) => ModelPattern.TryParse(text, out var pattern) ? pattern : throw new FormatException(text);

    private static EndpointRule Rule(string text) => EndpointRule.TryParse(text, out var rule) ? rule : throw new FormatException(text);
}
