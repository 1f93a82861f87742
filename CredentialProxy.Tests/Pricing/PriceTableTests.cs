using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Pricing;

public sealed class PriceTableTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("credential-proxy-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_model_in_no_list_has_the_fallback_price_and_says_so()
    {
        var table = PriceTable.Load(new PricingOptions { FallbackInput = 7, FallbackOutput = 11, DefaultMaxOutputTokens = 5, DefaultContextTokens = 6 });

        foreach (var price in new[] { table.Find("openai", "gpt-99"), table.Find("mine", "gpt-4o"), table.Find("openai", ""), table.Find("openai", "GPT-4O") })
        {
            Assert.True(price.IsFallback);
            Assert.Equal(18, price.CostMicroUsd(new TokenUsage { InputTokens = 1, OutputTokens = 1 }));
            Assert.Equal((5, 6), (price.MaxOutputTokens, price.ContextTokens));
        }
        Assert.False(table.Find("openai", "gpt-4o").IsFallback);
    }

    [Fact]
    public void The_dearest_fallback_that_settings_take_is_taken()
    {
        var price = PriceTable.Load(new PricingOptions { FallbackInput = 1_000_000, FallbackOutput = 1_000_000 }).Find("x", "y");

        Assert.Equal(2_000_000, price.WorstCaseMicroUsd(new CostBounds { InputTokens = 1, MayWriteCache = true, MayWriteLongCache = true }));
    }

    [Fact]
    public void The_name_itself_wins_then_the_pattern_that_says_most()
    {
        var table = LoadOwn(
            """
            {"models":[
              {"provider":"p","match":["*"],"input":1},
              {"provider":"p","match":["m-*"],"input":2},
              {"provider":"p","match":["m-large-*","*-new"],"input":3},
              {"provider":"p","match":["m-large-1"],"input":4},
              {"provider":"q","match":["m-large-1*"],"input":5}]}
            """);

        Assert.Equal(4, InputPrice(table, "p", "m-large-1"));
        Assert.Equal(3, InputPrice(table, "p", "m-large-2"));
        Assert.Equal(3, InputPrice(table, "p", "x-new"));
        Assert.Equal(2, InputPrice(table, "p", "m-x"));
        Assert.Equal(1, InputPrice(table, "p", "x"));
        Assert.Equal(5, InputPrice(table, "q", "m-large-1"));
        Assert.Equal(4, InputPrice(table, "p", "m-large-1"));
    }

    [Fact]
    public void An_operators_pattern_wins_over_a_shipped_name()
    {
        var table = LoadOwn("""{"models":[{"provider":"openai","match":["gpt-4*"],"input":99},{"provider":"anthropic","match":["claude-sonnet-4-5"],"input":98}]}""");

        Assert.Equal(99, InputPrice(table, "openai", "gpt-4o"));
        Assert.Equal(99, InputPrice(table, "openai", "gpt-4o-mini"));
        Assert.Equal(98, InputPrice(table, "anthropic", "claude-sonnet-4-5"));
        Assert.Equal(3, InputPrice(table, "anthropic", "claude-sonnet-4-5-20250929"));
        Assert.Equal(15, InputPrice(table, "openai", "o1"));
    }

    [Fact]
    public void What_an_entry_does_not_say_has_a_default()
    {
        var price = LoadOwn("""{"models":[{"provider":"p","match":["m"],"input":4,"output":8}]}""").Find("p", "m");

        Assert.Equal(4, price.CostMicroUsd(new TokenUsage { InputTokens = 1, CachedInputTokens = 1 }));
        Assert.Equal(5, price.CostMicroUsd(new TokenUsage { InputTokens = 1, CacheWriteTokens = 1 }));
        Assert.Equal(8, price.CostMicroUsd(new TokenUsage { InputTokens = 1, CacheWriteHourTokens = 1 }));
        Assert.Equal(4, price.CostMicroUsd(new TokenUsage { InputTokens = 1, AudioInputTokens = 1 }));
        Assert.Equal(8, price.CostMicroUsd(new TokenUsage { OutputTokens = 1, AudioOutputTokens = 1 }));
        Assert.Equal((128_000, 1_050_000), (price.MaxOutputTokens, price.ContextTokens));
    }

    [Fact]
    public void Tiers_may_stand_in_any_order()
    {
        var table = LoadOwn("""{"models":[{"provider":"p","match":["m"],"input":1,"tiers":[{"above":20,"input":3},{"above":10,"input":2}]}]}""");

        Assert.Equal([10, 22, 40, 63], new long[] { 10, 11, 20, 21 }.Select(tokens => table.Find("p", "m").CostMicroUsd(new TokenUsage { InputTokens = tokens })));
    }

    [Theory]
    [InlineData("""{"provider":"p","match":["bad-one"]}""", "bad-one")]
    [InlineData("""{"provider":"p","match":["bad-one"],"input":-1}""", "bad-one")]
    [InlineData("""{"provider":"p","match":["bad-one"],"input":1000001}""", "bad-one")]
    [InlineData("""{"provider":"p","match":["bad-one"],"input":1,"audioOutput":-1}""", "bad-one")]
    [InlineData("""{"provider":"p","match":["bad-one"],"input":1,"tiers":[{"above":5}]}""", "bad-one")]
    [InlineData("""{"provider":"p","match":["bad-one"],"input":1,"tiers":[{"above":-5,"input":1}]}""", "bad-one")]
    [InlineData("""{"provider":"p","match":["bad-one"],"input":1,"tiers":[null]}""", "bad-one")]
    [InlineData("""{"provider":"p","match":["bad-one"],"input":1,"maxOutput":-1}""", "bad-one")]
    [InlineData("""{"provider":"p","match":["bad-one"],"input":1,"context":-1}""", "bad-one")]
    [InlineData("""{"provider":"p","match":["bad-one","a b"],"input":1}""", "bad-one")]
    [InlineData("""{"provider":"p","match":["bad-one",null],"input":1}""", "bad-one")]
    [InlineData("""{"provider":"","match":["bad-one"],"input":1}""", "bad-one")]
    [InlineData("""{"provider":"p","match":[],"input":1}""", "entry 2")]
    [InlineData("null", "entry 2")]
    [InlineData("""{"provider":"p","match":null,"input":1}""", "models[1]")]
    [InlineData("""{"provider":null,"match":["bad-one"],"input":1}""", "models[1]")]
    [InlineData("""{"provider":"p","match":["bad-one"],"input":"1"}""", "models[1]")]
    [InlineData("""{"provider":"p","match":["bad-one"],"input":1e400}""", "models[1]")]
    [InlineData("""{"provider":"p","match":["bad-one"],"inputs":1}""", "models[1]")]
    [InlineData("""{"match":["bad-one"],"input":1}""", "models[1]")]
    public void A_bad_entry_is_named(string entry, string named)
    {
        var error = Assert.Throws<InvalidPriceFileException>(() => LoadOwn($$"""{"models":[{"provider":"p","match":["good"],"input":1},{{entry}}]}"""));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("own.json", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"models":null}""")]
    [InlineData("models: []")]
    public void What_is_no_price_file_is_named(string json) =>
        Assert.Contains("own.json", Assert.Throws<InvalidPriceFileException>(() => LoadOwn(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        var error = Assert.Throws<InvalidPriceFileException>(() => PriceTable.Load(new PricingOptions { File = "/no/such/own.json" }));

        Assert.Contains("/no/such/own.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_shipped_entry_makes_sense()
    {
        var models = PriceTable.ReadShipped().Models;

        Assert.Equal(["anthropic", "gemini", "openai", "openrouter"], models.Select(entry => entry.Provider).Distinct().Order());
        Assert.All(models, entry =>
        {
            PriceEntryRates[] all = [entry, .. entry.Tiers ?? []];
            Assert.All(all, rates => Assert.InRange(rates.Input ?? -1, 0, 1000));
            Assert.All(all, rates => Assert.InRange(rates.Output ?? 0, 0, 2000));
            Assert.All(all, rates => Assert.InRange(rates.CachedInput ?? 0, 0, rates.Input!.Value));
            Assert.All(entry.Tiers ?? [], tier => Assert.InRange(tier.Input!.Value, entry.Input!.Value, 1000));
            Assert.All(entry.Tiers ?? [], tier => Assert.InRange(tier.Above, 1000, 10_000_000));
            Assert.InRange(entry.Context ?? 1000, 1000, 100_000_000);
            Assert.InRange(entry.MaxOutput ?? 1000, 100, 10_000_000);
        });
        var names = models.SelectMany(entry => entry.Match.Select(match => (entry.Provider, match))).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        var table = PriceTable.Load(new PricingOptions());
        Assert.All(names, name => Assert.False(table.Find(name.Provider, name.match).IsFallback));
    }

    private static long InputPrice(PriceTable table, string provider, string model) => table.Find(provider, model).CostMicroUsd(new TokenUsage { InputTokens = 1 });

    private PriceTable LoadOwn(string json)
    {
        var path = Path.Combine(_directory.FullName, "own.json");
        File.WriteAllText(path, json);
        return PriceTable.Load(new PricingOptions { File = path });
    }
}
