using System.Text.Json.Nodes;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Usage;
using CredentialProxy.Gateway.Reserving;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Reserving;

/// <summary>What is held for a request, and that nothing within its bounds costs more.</summary>
public sealed class WorstCaseTests
{
    private const Features Everything = (Features)ulong.MaxValue;

    private static readonly (string Provider, string Path, string Model)[] Models =
    [
        ("openai", "/v1/chat/completions", "gpt-4o"),
        ("openai", "/v1/chat/completions", "gpt-audio"),
        ("openai", "/v1/responses", "gpt-5.6-sol"),
        ("openai", "/v1/responses", "gpt-4.1-mini"),
        ("openai", "/v1/responses", "no-such-model"),
        ("anthropic", "/v1/messages", "claude-opus-4-6"),
        ("anthropic", "/v1/messages", "claude-opus-5"),
        ("anthropic", "/v1/messages", "claude-sonnet-4-5"),
        ("gemini", "/v1beta/models/gemini-2.5-pro:generateContent", "gemini-2.5-pro"),
        ("gemini", "/v1beta/models/gemini-3-flash-preview:generateContent", "gemini-3-flash-preview"),
        ("openrouter", "/v1/chat/completions", "openai/gpt-4o:nitro"),
    ];

    [Property(MaxTest = 800)]
    [Trait("threat", "spend-4")]
    [Trait("threat", "spend-5")]
    [Trait("threat", "spend-6")]
    public Property No_usage_within_a_request_s_bounds_costs_more_than_is_held() => Prop.ForAll(Cases.ToArbitrary(), it =>
    {
        var (asked, used) = it;
        using var inspected = Inspected.Of(asked.Provider, asked.Path, asked.Body, Inspected.Granting(asked.Granted));
        Assert.Null(inspected.Refusal);
        var held = WorstCase.Of(inspected.Request.Judged, inspected.Request.IsHeld, Inspected.Options.HostedToolCalls);

        var price = Inspected.Prices.Find(asked.Provider, asked.Model);
        var calls = asked.Calls * used.CallShare / 100;
        var tokensPerCall = asked.Tool is { } tool ? price.TokensPerCall(tool) : 0;
        // A token for each byte at most. Each turn reads everything once more, and the results of all calls before.
        var text = asked.TextLength * used.InputShare / 100;
        var input = text + Enumerable.Range(1, calls).Sum(turn => Math.Min(text + (turn * tokensPerCall), Math.Max(text, price.ContextTokens)));
        var output = (asked.MaxTokens + asked.Prediction.Length) * asked.Choices * used.OutputShare / 100;
        var usage = new TokenUsage
        {
            InputTokens = input,
            CachedInputTokens = input * used.Parts[0] / 100,
            CacheWriteTokens = asked.Provider == "anthropic" ? 0 : input * used.Parts[1] / 100,
            OutputTokens = output,
            ReasoningTokens = output * used.Parts[2] / 100,
            AudioOutputTokens = output * used.Parts[3] / 100,
            ImageOutputTokens = output * used.Parts[4] / 100,
        };
        var served = new ServiceTerms(used.IsServedAsAsked ? asked.Tier : ServiceTier.Standard, asked.Provider == "anthropic" ? asked.Geo : default);
        var cost = price.CostMicroUsd(usage, served, asked.CallsOf(calls));

        Assert.True(usage.TotalTokens <= held.Tokens, $"{usage.TotalTokens} tokens of {held.Tokens}: {asked.Body}");
        Assert.True(cost <= held.CostMicroUsd, $"{cost} micro-dollars of {held.CostMicroUsd}: {asked.Body}");
    });

    [Property(MaxTest = 300)]
    [Trait("threat", "spend-15")]
    public Property A_streamed_and_a_plain_request_are_held_alike() => Prop.ForAll(Asked.Where(asked => asked.Provider != "gemini").ToArbitrary(), asked =>
    {
        var streamed = JsonNode.Parse(asked.Body)!.AsObject();
        streamed["stream"] = true;
        using var plain = Inspected.Of(asked.Provider, asked.Path, asked.Body, Inspected.Granting(asked.Granted));
        using var stream = Inspected.Of(asked.Provider, asked.Path, streamed.ToJsonString(JsonOptions), Inspected.Granting(asked.Granted));
        Assert.Equal(Held(plain), Held(stream));
    });

    [Fact]
    [Trait("threat", "spend-15")]
    public void Gemini_s_two_paths_are_held_alike()
    {
        const string Body = """{"contents":[{"parts":[{"text":"Hello"}]}],"generationConfig":{"maxOutputTokens":64}}""";
        using var plain = Inspected.Of("gemini", "/v1beta/models/gemini-2.5-pro:generateContent", Body);
        using var stream = Inspected.Of("gemini", "/v1beta/models/gemini-2.5-pro:streamGenerateContent", Body, query: "?alt=sse");
        Assert.Equal(Held(plain), Held(stream));
    }

    [Fact]
    [Trait("threat", "spend-6")]
    public void Calls_of_tools_are_held_by_their_price_and_by_what_they_give_to_read()
    {
        var without = HeldOf("""{"model":"gpt-5","input":"x","max_output_tokens":100,"tools":[{"type":"function"}]}""", Features.None);
        var one = HeldOf("""{"model":"gpt-5","input":"x","max_output_tokens":100,"max_tool_calls":1,"tools":[{"type":"web_search"}]}""", Features.WebSearch);
        var three = HeldOf("""{"model":"gpt-5","input":"x","max_output_tokens":100,"max_tool_calls":3,"tools":[{"type":"web_search"}]}""", Features.WebSearch);
        var absent = HeldOf("""{"model":"gpt-5","input":"x","max_output_tokens":100,"tools":[{"type":"web_search"}]}""", Features.WebSearch);
        Assert.InRange(one.CostMicroUsd - without.CostMicroUsd, 10_000, 60_000);
        Assert.InRange(three.CostMicroUsd - without.CostMicroUsd, 30_000 + (6 * 30_000 * 1.25m), 300_000);
        Assert.True(absent.CostMicroUsd > three.CostMicroUsd);
    }

    [Theory]
    [Trait("threat", "spend-6")]
    [InlineData("""{"type":"web_search_20250305"}""", 5)]
    [InlineData("""{"type":"code_execution_20250825"}""", 10)]
    [InlineData("""{"type":"code_execution_20250825","max_uses":1}""", 10)]
    public void What_no_member_bounds_is_held_at_the_provider_s_own_bound(string tool, int turns)
    {
        var body = $$"""{"model":"claude-haiku-4-5","max_tokens":100,"messages":[],"tools":[{{tool}}]}""";
        using var held = Inspected.Of("anthropic", "/v1/messages", body, Inspected.Granting(Features.WebSearch | Features.CodeExecution));
        // Each turn reads all results before it, as many as the window takes.
        var read = Enumerable.Range(1, turns).Sum(turn => Math.Min(200_000, turn * 30_000));
        Assert.InRange(Held(held).Tokens, read, read + (turns * 3_000) + 3_000);
    }

    [Fact]
    [Trait("threat", "spend-13")]
    public void Stored_input_is_held_at_the_whole_window()
    {
        var held = HeldOf("""{"model":"gpt-5","input":"x","max_output_tokens":100,"previous_response_id":"resp_1"}""", Features.StoredInput);
        Assert.InRange(held.Tokens, 400_000, 401_000);
    }

    [Theory]
    [Trait("threat", "spend-4")]
    [InlineData("/v1/responses", 100)]
    [InlineData("/v1/responses/compact", 128_000)]
    [InlineData("/v1/decisions", 128_000)]
    public void A_limit_that_the_endpoint_does_not_take_is_not_believed(string path, int output)
    {
        using var held = Inspected.Of("openai", path, """{"model":"gpt-5","input":"x","max_output_tokens":100,"service_tier":"default"}""");
        Assert.InRange(Held(held).Tokens, output, output + 300);
        Assert.Equal(output == 100, OutputClamp.TryFit(held.Request, true, 1, new LimitShortage(AccountId.Token("tok_1"), new Limit(LimitUnit.Tokens, 250, LimitWindow.Lifetime), 250, null, IsTransient: false), out _, out _));
    }

    [Fact]
    [Trait("threat", "spend-5")]
    public void A_summary_is_held_beside_the_answer()
    {
        const string Body = """{"model":"claude-opus-5","max_tokens":100,"messages":[],"inference_geo":"global"#}""";
        using var plain = Inspected.Of("anthropic", "/v1/messages", Body.Replace("#", "", StringComparison.Ordinal));
        using var summed = Inspected.Of("anthropic", "/v1/messages", Body.Replace("#", ""","context_management":{"edits":[{"type":"compact_20260112"}]}""", StringComparison.Ordinal));
        Assert.True(Held(summed).Tokens > Held(plain).Tokens + 1_000_000);
    }

    [Theory]
    [Trait("threat", "spend-5")]
    [InlineData("\"speed\":\"standard\",\"inference_geo\":\"global\"", 100)]
    [InlineData("\"speed\":\"fast\",\"inference_geo\":\"global\"", 600)]
    [InlineData("\"speed\":\"fast\",\"inference_geo\":\"us\"", 660)]
    [InlineData("\"speed\":\"standard\"", 110)]
    public void A_factor_is_held_at_its_highest(string terms, int percent)
    {
        using var held = Inspected.Of("anthropic", "/v1/messages", $$"""{"model":"claude-opus-4-6","max_tokens":1000,"messages":[{"role":"user","content":"{{new string('x', 5000)}}"}],{{terms}}}""");
        var bound = held.Request.Facts.InputTokenBound;
        Assert.InRange(Held(held).CostMicroUsd, ((bound * 5m) + 25_000) * percent / 100 - 1, ((bound * 5m) + 25_000) * percent / 100 + 1);
    }

    [Fact]
    [Trait("threat", "spend-8")]
    public void A_router_s_headroom_is_held_and_bounded_in_the_body()
    {
        using var held = Inspected.Of("openrouter", "/v1/chat/completions", """{"model":"openai/gpt-4o","max_tokens":1000,"messages":[]}""");
        Assert.StartsWith("""{"provider":{"max_price":{"prompt":5,"completion":20}},""", held.Sent, StringComparison.Ordinal);
        Assert.InRange(Held(held).CostMicroUsd, BodyHold.RouterHeadroom * 10_000, (BodyHold.RouterHeadroom * 10_000) + 2_000);
    }

    [Fact]
    [Trait("threat", "spend-8")]
    public void Models_that_may_be_tried_in_turn_are_all_held()
    {
        const string Body = """{"model":"claude-sonnet-4-5","max_tokens":1000,"messages":[],"fallbacks":[{"model":"claude-opus-4-1","max_tokens":9000}]}""";
        using var held = Inspected.Of("anthropic", "/v1/messages", Body, Inspected.Granting(Features.ModelChoice));
        Assert.InRange(Held(held).CostMicroUsd, (9000 * 15) + (9000 * 75), (9000 * 15) + (9000 * 75) + 20_000);
    }

    [Theory]
    [Trait("threat", "spend-4")]
    [InlineData("openrouter", "/v1/chat/completions", """{"model":"openai/gpt-4o","messages":[]#}""", "max_tokens", "max_completion_tokens")]
    [InlineData("openai", "/v1/chat/completions", """{"model":"gpt-4o","messages":[]#}""", "max_tokens", "max_completion_tokens")]
    [InlineData("openai", "/v1/completions", """{"model":"gpt-3.5-turbo-instruct","prompt":"Hi"#}""", "max_tokens")]
    [InlineData("openai", "/v1/responses", """{"model":"gpt-4.1-mini","input":"Hi"#}""", "max_output_tokens")]
    [InlineData("gemini", "/v1beta/models/gemini-2.5-pro:generateContent", """{"contents":[]#}""", "generationConfig")]
    public void A_limit_that_the_provider_does_not_know_bounds_nothing(string provider, string path, string body, params string[] known)
    {
        (string Name, string Value)[] members =
        [
            ("max_tokens", "1"), ("max_completion_tokens", "1"), ("max_output_tokens", "1"), ("maxOutputTokens", "1"), ("max_tokens_to_sample", "1"), ("generationConfig", "{\"maxOutputTokens\":1}"),
            ("generation_config", "{\"max_tokens\":1}"), ("extra_body", "{\"max_tokens\":1}"), ("fallbacks", "[{\"max_tokens\":1,\"speed\":\"fast\"}]"), ("fallbacks", "{\"max_tokens\":1}"),
        ];
        using var plain = Inspected.Of(provider, path, body.Replace("#", "", StringComparison.Ordinal));
        Assert.True(Held(plain).CostMicroUsd > 1000, "an answer may be long");
        foreach (var (name, value) in members.Where(member => !known.Contains(member.Name)))
        {
            using var faked = Inspected.Of(provider, path, body.Replace("#", $",\"{name}\":{value}", StringComparison.Ordinal));
            if (faked.Refusal is null)
            {
                Assert.True(Held(faked).CostMicroUsd >= Held(plain).CostMicroUsd, $"{name} bounds the answer");
                Assert.Equal((plain.Request.Facts.OutputLimit, plain.Request.Facts.Terms), (faked.Request.Facts.OutputLimit, faked.Request.Facts.Terms));
            }
        }
    }

    [Fact]
    [Trait("threat", "spend-5")]
    public void A_tier_that_an_endpoint_does_not_take_is_not_believed()
    {
        static Demand Held(string tier)
        {
            using var inspected = Inspected.Of("openai", "/v1/decisions", $$"""{"model":"gpt-5","input":"Hi"{{tier}}}""", Inspected.Granting(Features.ServiceTiers));
            Assert.Null(inspected.Refusal);
            return WorstCaseTests.Held(inspected);
        }
        Assert.InRange(Held(",\"service_tier\":\"flex\"").CostMicroUsd, Held("").CostMicroUsd, long.MaxValue);
    }

    [Fact]
    [Trait("threat", "spend-20")]
    public void The_largest_figures_saturate()
    {
        using var held = Inspected.Of("openai", "/v1/chat/completions", """{"model":"o1-pro","messages":[],"n":128,"max_tokens":1099511627776}""", isLimited: false);
        Assert.Equal((128L << 40, Limit.MaxAmount), (Held(held).Tokens / 128 * 128 & ~((1L << 20) - 1), Held(held).CostMicroUsd));
    }

    private static readonly System.Text.Json.JsonSerializerOptions JsonOptions = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static Demand HeldOf(string body, Features granted)
    {
        using var inspected = Inspected.Of("openai", "/v1/responses", body, Inspected.Granting(granted));
        Assert.Null(inspected.Refusal);
        return Held(inspected);
    }

    private static Demand Held(Inspected inspected) => WorstCase.Of(inspected.Request.Judged, inspected.Request.IsHeld, Inspected.Options.HostedToolCalls);

    private static Gen<(AskedFor Asked, Used Used)> Cases =>
        from asked in Asked
        from shares in Gen.ArrayOf(Gen.OneOf(Gen.Constant(100), Gen.Choose(0, 100)), 3)
        from parts in Gen.ArrayOf(Gen.OneOf(Gen.Constant(0), Gen.Constant(100), Gen.Choose(0, 100)), 5)
        from isServedAsAsked in ArbMap.Default.GeneratorFor<bool>()
        select (asked, new Used(shares[0], shares[1], shares[2], parts, isServedAsAsked));

    private static Gen<AskedFor> Asked =>
        from model in Gen.Elements(Models)
        from text in Gen.Elements(0, 10, 10, 3000, 3000, 3000, 300_000).Select(length => new string('x', length))
        from maxTokens in Gen.Choose(1, 5000)
        from choices in Gen.Choose(1, 4)
        from prediction in Gen.Elements("", "predicted words")
        from tier in Gen.Elements(ServiceTier.Standard, ServiceTier.Standard, ServiceTier.Priority, ServiceTier.Fast, ServiceTier.Flex)
        from isGranted in ArbMap.Default.GeneratorFor<bool>()
        from geo in Gen.Elements(InferenceGeo.Unstated, InferenceGeo.Global, InferenceGeo.Us)
        from hasTool in ArbMap.Default.GeneratorFor<bool>()
        from calls in Gen.Choose(0, 7)
        select AskedFor.Make(model, text, maxTokens, choices, prediction, tier, isGranted, geo, hasTool, calls);

    private sealed record Used(int InputShare, int OutputShare, int CallShare, int[] Parts, bool IsServedAsAsked);
}
