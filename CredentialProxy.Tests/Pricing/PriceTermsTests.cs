using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Pricing;

/// <summary>Factors and tools in price lists.</summary>
public sealed class PriceTermsTests : IDisposable
{
    private static readonly PriceTable Shipped = PriceTable.Load(new PricingOptions());
    private static readonly TokenUsage Million = new() { InputTokens = 100_000, OutputTokens = 10_000 };

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("credential-proxy-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [Trait("threat", "spend-5")]
    [InlineData("openai", "gpt-5", ServiceTier.Standard, 100)]
    [InlineData("openai", "gpt-5", ServiceTier.Priority, 250)]
    [InlineData("openai", "gpt-5", ServiceTier.Flex, 50)]
    [InlineData("openai", "gpt-6-astra", ServiceTier.Ultrafast, 600)]
    [InlineData("openai", "gpt-5", ServiceTier.Unknown, 600)]
    [InlineData("anthropic", "claude-opus-4-6", ServiceTier.Fast, 600)]
    [InlineData("anthropic", "claude-opus-5-5", ServiceTier.Fast, 200)]
    [InlineData("gemini", "gemini-2.5-flash", ServiceTier.Priority, 200)]
    [InlineData("acme", "anything", ServiceTier.Standard, 100)]
    [InlineData("acme", "anything", ServiceTier.Priority, 250)]
    public void A_tier_multiplies_what_tokens_cost(string provider, string model, ServiceTier tier, int percent)
    {
        var price = Shipped.Find(provider, model);
        Assert.Equal(price.CostMicroUsd(Million) * percent / 100, price.CostMicroUsd(Million, new ServiceTerms(tier), default));
    }

    [Fact]
    [Trait("threat", "spend-5")]
    public void A_place_and_a_speed_multiply_each_other()
    {
        var price = Shipped.Find("anthropic", "claude-opus-4-6");
        Assert.Equal(price.CostMicroUsd(Million) * 66 / 10, price.CostMicroUsd(Million, new ServiceTerms(ServiceTier.Fast, InferenceGeo.Us), default));
        Assert.Equal(price.CostMicroUsd(Million), Shipped.Find("anthropic", "claude-opus-4-6").CostMicroUsd(Million, new ServiceTerms(default, InferenceGeo.Global), default));
    }

    [Theory]
    [Trait("threat", "spend-6")]
    [InlineData("openai", "gpt-5", 3, 30_000)]
    [InlineData("openai", "gpt-4o", 3, 75_000)]
    [InlineData("anthropic", "claude-opus-5", 3, 30_000)]
    [InlineData("gemini", "gemini-2.5-pro", 3, 35_000)]
    [InlineData("gemini", "gemini-3-flash-preview", 3, 42_000)]
    [InlineData("acme", "anything", 3, 0)]
    public void Searches_are_paid_by_the_call_or_by_the_request(string provider, string model, int searches, long micro) =>
        Assert.Equal(micro, Shipped.Find(provider, model).CostMicroUsd(default, new ServiceTerms(ServiceTier.Fast), new ToolCalls { WebSearches = searches }));

    [Fact]
    [Trait("threat", "spend-6")]
    public void Every_tool_has_its_own_price()
    {
        var calls = new ToolCalls { WebSearches = 1, FileSearches = 2, ContainerGigabytes = 4, Images = 1, WebFetches = 9 };
        Assert.Equal(10_000 + 5_000 + 120_000 + 250_000, Shipped.Find("openai", "gpt-5").CostMicroUsd(default, default, calls));
        Assert.Equal(25_000, Shipped.Find("gemini", "gemini-3-flash-preview").CostMicroUsd(default, default, new ToolCalls { MapLookups = 1 }));
    }

    [Fact]
    public void What_the_provider_reports_wins_over_factors_and_tools() =>
        Assert.Equal(7, Shipped.Find("openrouter", "openai/gpt-4o").CostMicroUsd(Million with { ReportedCostMicroUsd = 7 }, new ServiceTerms(ServiceTier.Priority), new ToolCalls { WebSearches = 9 }));

    [Fact]
    [Trait("threat", "spend-5")]
    public void Sound_images_and_what_is_cached_of_them_have_their_prices()
    {
        var audio = Shipped.Find("openai", "gpt-realtime");
        Assert.Equal(
            (10 * 4) + (20 * 0.4m) + (30 * 0.4m) + (40 * 32) + (5 * 16),
            audio.CostMicroUsd(new TokenUsage { InputTokens = 100, CachedInputTokens = 50, AudioInputTokens = 70, CachedAudioInputTokens = 30, OutputTokens = 5 }));
        var image = Shipped.Find("gemini", "gemini-2.5-flash-image");
        Assert.Equal((10 * 2.5m) + (1290 * 30), image.CostMicroUsd(new TokenUsage { OutputTokens = 1300, ImageOutputTokens = 1290 }));
        Assert.True(image.HasImageOutput);
        Assert.False(Shipped.Find("gemini", "gemini-2.5-flash").HasImageOutput);
    }

    [Theory]
    [InlineData("openrouter", "openai/gpt-4o:nitro")]
    [InlineData("openrouter", "openai/gpt-4o:floor")]
    [InlineData("openrouter", "openai/gpt-4o:online")]
    public void A_way_to_be_routed_has_the_model_s_own_price(string provider, string model)
    {
        Assert.Equal(Shipped.Find(provider, "openai/gpt-4o").UsdPerMillion, Shipped.Find(provider, model).UsdPerMillion);
        Assert.True(Shipped.Find(provider, "openai/gpt-4o:something").IsFallback);
        Assert.True(Shipped.Find("openai", "gpt-4o:nitro").IsFallback);
    }

    [Fact]
    public void Caches_are_written_for_nothing_where_the_list_of_one_that_writes_unasked_says_nothing()
    {
        Assert.Equal(3, Shipped.Find("openai", "gpt-4o").CostMicroUsd(new TokenUsage { InputTokens = 1, CacheWriteTokens = 1 }));
        Assert.Equal(5, Shipped.Find("openai", "gpt-5.6-sol").CostMicroUsd(new TokenUsage { InputTokens = 1, CacheWriteTokens = 1 }));
    }

    [Fact]
    public void An_operator_s_factors_and_tools_go_before_the_shipped_ones()
    {
        var path = Path.Combine(_directory.FullName, "own.json");
        File.WriteAllText(
            path,
            """
            {"models":[],"factors":[{"provider":"openai","match":["gpt-5*"],"priority":3,"us":2}],
            "tools":[{"provider":"openai","match":["*"],"tool":"web_search","perCall":0.5},{"provider":"acme","match":["a*"],"tool":"other","perRequest":2,"tokensPerCall":9}]}
            """);
        var table = PriceTable.Load(new PricingOptions { File = path });
        var own = table.Find("openai", "gpt-5");
        Assert.Equal(own.CostMicroUsd(Million) * 3, own.CostMicroUsd(Million, new ServiceTerms(ServiceTier.Priority), default));
        Assert.Equal(500_000 + 2_500, own.CostMicroUsd(default, default, new ToolCalls { WebSearches = 1, FileSearches = 1 }));
        var other = table.Find("openai", "gpt-4o");
        Assert.Equal(other.CostMicroUsd(Million) * 5 / 2, other.CostMicroUsd(Million, new ServiceTerms(ServiceTier.Priority), default));
        Assert.Equal((true, 9), (table.Find("acme", "ab").Prices(HostedTool.Other), table.Find("acme", "ab").TokensPerCall(HostedTool.Other)));
        Assert.False(table.Find("acme", "b").Prices(HostedTool.Other));
    }

    [Theory]
    [InlineData("""{"models":[],"factors":[{"provider":"p","match":["*"],"fast":-1}]}""")]
    [InlineData("""{"models":[],"factors":[{"provider":"p","match":["*"],"fast":1001}]}""")]
    [InlineData("""{"models":[],"factors":[{"provider":"p","match":["a b"],"fast":1}]}""")]
    [InlineData("""{"models":[],"factors":[null]}""")]
    [InlineData("""{"models":[],"factors":[{"provider":"p","match":["*"],"warp":1}]}""")]
    [InlineData("""{"models":[],"tools":[{"provider":"p","match":["*"],"tool":"web_search","perCall":-1}]}""")]
    [InlineData("""{"models":[],"tools":[{"provider":"p","match":["*"],"tool":"web_search","tokensPerCall":-1}]}""")]
    [InlineData("""{"models":[],"tools":[{"provider":"p","match":["*"],"tool":"none"}]}""")]
    [InlineData("""{"models":[],"tools":[{"provider":"p","match":["*"],"tool":"warp"}]}""")]
    [InlineData("""{"models":[],"tools":[{"provider":"p","match":["*"]}]}""")]
    public void A_list_that_makes_no_sense_is_told(string text)
    {
        var path = Path.Combine(_directory.FullName, "own.json");
        File.WriteAllText(path, text);
        Assert.Contains("own.json", Assert.Throws<InvalidPriceFileException>(() => PriceTable.Load(new PricingOptions { File = path })).Message, StringComparison.Ordinal);
    }
}
