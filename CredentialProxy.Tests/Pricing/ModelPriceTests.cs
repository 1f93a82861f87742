using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Usage;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Pricing;

public sealed class ModelPriceTests
{
    private static readonly PriceTable Shipped = PriceTable.Load(new PricingOptions());
    private static readonly ModelPrice[] All =
        [.. PriceTable.ReadShipped().Models.SelectMany(entry => entry.Match.Select(match => Shipped.Find(entry.Provider, match.Replace("*", "", StringComparison.Ordinal)))), Shipped.Find("openai", "no-such-model")];

    // USD per million tokens are micro-dollars per token, so these sums are tokens times the price list's own figures.
    [Theory]
    [InlineData("openai", "gpt-4o", 1_000_000, 0, 1_000_000, 12_500_000)]
    [InlineData("openai", "gpt-4o", 1000, 400, 10, 1500 + 500 + 100)]
    [InlineData("openai", "gpt-4o-2024-08-06", 4, 0, 1, 20)]
    [InlineData("openai", "text-embedding-3-small", 50, 0, 0, 1)]
    [InlineData("anthropic", "claude-sonnet-4-5-20250929", 1000, 600, 100, 1200 + 180 + 1500)]
    [InlineData("gemini", "gemini-2.5-pro", 800, 400, 10, 500 + 50 + 100)]
    public void Costs_are_the_sums_of_the_price_list(string provider, string model, long input, long cached, long output, long micro) =>
        Assert.Equal(micro, Shipped.Find(provider, model).CostMicroUsd(new TokenUsage { InputTokens = input, CachedInputTokens = cached, OutputTokens = output }));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(6, 1)]
    [InlineData(7, 2)]
    [InlineData(20, 3)]
    [InlineData(0, 0)]
    public void A_sum_is_rounded_up_once(long input, long micro) =>
        Assert.Equal(micro, Shipped.Find("openai", "gpt-4o-mini").CostMicroUsd(new TokenUsage { InputTokens = input }));

    [Fact]
    public void Each_part_of_the_input_has_its_own_price()
    {
        var usage = new TokenUsage { InputTokens = 10_000, CachedInputTokens = 1000, CacheWriteTokens = 2000, CacheWriteHourTokens = 3000, OutputTokens = 100 };

        Assert.Equal((4000 * 3) + 300 + (2000 * 3.75m) + (3000 * 6) + 1500, Shipped.Find("anthropic", "claude-sonnet-4-5").CostMicroUsd(usage));
    }

    [Fact]
    public void Audio_has_its_own_price()
    {
        var usage = new TokenUsage { InputTokens = 100, AudioInputTokens = 40, OutputTokens = 50, AudioOutputTokens = 30 };

        Assert.Equal((60 * 2.5m) + (40 * 32) + (20 * 10) + (30 * 64), Shipped.Find("openai", "gpt-audio").CostMicroUsd(usage));
    }

    [Fact]
    public void Parts_that_say_more_than_the_whole_are_not_paid_beyond_it()
    {
        var usage = new TokenUsage { InputTokens = 100, CachedInputTokens = 500, OutputTokens = 10, AudioOutputTokens = 90 };

        Assert.Equal(100 * 1.25m + (10 * 10), Shipped.Find("openai", "gpt-4o").CostMicroUsd(usage));
    }

    [Theory]
    [InlineData("anthropic", "claude-sonnet-4-5", 200_000, 600_000 + 150)]
    [InlineData("anthropic", "claude-sonnet-4-5", 200_001, 1_200_006 + 225)]
    [InlineData("openai", "gpt-5.5", 271_999, 1_359_995 + 300)]
    [InlineData("openai", "gpt-5.5", 272_000, 2_720_000 + 450)]
    [InlineData("gemini", "gemini-2.5-pro", 200_000, 250_000 + 100)]
    [InlineData("gemini", "gemini-2.5-pro", 200_001, 500_003 + 150)]
    public void Beyond_a_threshold_the_whole_request_has_the_tiers_price(string provider, string model, long input, long micro) =>
        Assert.Equal(micro, Shipped.Find(provider, model).CostMicroUsd(new TokenUsage { InputTokens = input, OutputTokens = 10 }));

    [Theory]
    [InlineData(5, 5)]
    [InlineData(0, 0)]
    [InlineData(-5, 0)]
    [InlineData(long.MaxValue, Limit.MaxAmount)]
    public void What_the_provider_reports_wins_within_what_an_amount_can_be(long reported, long micro) =>
        Assert.Equal(micro, Shipped.Find("openrouter", "openai/gpt-4o").CostMicroUsd(new TokenUsage { InputTokens = 1_000_000, ReportedCostMicroUsd = reported }));

    [Fact]
    public void The_largest_counts_saturate_for_every_model()
    {
        var most = new TokenUsage { InputTokens = Limit.MaxAmount, OutputTokens = Limit.MaxAmount };
        foreach (var price in All)
        {
            Assert.InRange(price.CostMicroUsd(most), 0, Limit.MaxAmount);
            Assert.InRange(price.WorstCaseMicroUsd(new CostBounds { InputTokens = Limit.MaxAmount, OutputTokens = Limit.MaxAmount, MayWriteCache = true, MayWriteLongCache = true, MayHaveMedia = true }), price.CostMicroUsd(most), Limit.MaxAmount);
        }
        Assert.Equal(Limit.MaxAmount, Shipped.Find("openai", "gpt-4o").CostMicroUsd(most));
    }

    [Property(MaxTest = 2000)]
    public Property No_usage_within_the_bounds_costs_more_than_the_worst_case(bool cacheWrite, bool cacheHour)
    {
        var cases =
            from model in Gen.Choose(0, All.Length - 1)
            from magnitude in Gen.Elements(10, 1000, 300_000, 2_000_000)
            from maxInput in Gen.Choose(0, magnitude)
            from maxOutput in Gen.Choose(0, magnitude)
            from input in Gen.OneOf(Gen.Constant(maxInput), Gen.Choose(0, maxInput))
            from output in Gen.OneOf(Gen.Constant(maxOutput), Gen.Choose(0, maxOutput))
            from parts in Gen.ArrayOf(Gen.OneOf(Gen.Constant(0), Gen.Choose(0, magnitude)), 5)
            select (All[model], maxInput, maxOutput, Usage: new TokenUsage
            {
                InputTokens = input,
                OutputTokens = output,
                CachedInputTokens = parts[0],
                AudioInputTokens = parts[1],
                AudioOutputTokens = parts[2],
                CacheWriteTokens = cacheWrite ? parts[3] : 0,
                CacheWriteHourTokens = cacheHour ? parts[4] : 0,
            });
        return Prop.ForAll(
            cases.ToArbitrary(),
            it => it.Item1.CostMicroUsd(it.Usage) <= it.Item1.WorstCaseMicroUsd(new CostBounds { InputTokens = it.maxInput, OutputTokens = it.maxOutput, MayWriteCache = cacheWrite, MayWriteLongCache = cacheHour, MayHaveMedia = true }));
    }

    [Fact]
    public void The_worst_case_is_no_dearer_than_what_may_apply()
    {
        var price = Shipped.Find("anthropic", "claude-sonnet-4-5");

        Assert.Equal(3000 + 1500, price.WorstCaseMicroUsd(new CostBounds { InputTokens = 1000, OutputTokens = 100, MayWriteCache = false, MayWriteLongCache = false }));
        Assert.Equal(3750 + 1500, price.WorstCaseMicroUsd(new CostBounds { InputTokens = 1000, OutputTokens = 100, MayWriteCache = true, MayWriteLongCache = false }));
        Assert.Equal(6000 + 1500, price.WorstCaseMicroUsd(new CostBounds { InputTokens = 1000, OutputTokens = 100, MayWriteCache = true, MayWriteLongCache = true }));
        Assert.Equal(600_000, price.WorstCaseMicroUsd(new CostBounds { InputTokens = 200_000, OutputTokens = 0, MayWriteCache = false, MayWriteLongCache = false }));
        Assert.Equal(1_200_006, price.WorstCaseMicroUsd(new CostBounds { InputTokens = 200_001, OutputTokens = 0, MayWriteCache = false, MayWriteLongCache = false }));
    }
}
