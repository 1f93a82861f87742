using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Pricing;

/// <summary>Prices that operators set: before every file, the entry that says most of a name first, whatever order they were set in.</summary>
public sealed class OperatorPriceTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("credential-proxy-");
    private readonly PriceTable _files;

    public OperatorPriceTests()
    {
        var path = Path.Combine(_directory.FullName, "own.json");
        File.WriteAllText(path, """
            {"models":[{"provider":"openai","match":["gpt-5","gpt-5-mini","gpt-4o"],"input":70,"output":70}],
             "factors":[{"provider":"openai","match":["*"],"priority":7}],
             "tools":[{"provider":"openai","match":["*"],"tool":"web_search","perCall":0.7}]}
            """);
        _files = PriceTable.Load(new PricingOptions { File = path });
    }

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_stored_pattern_goes_before_a_name_in_a_file_and_a_stored_name_before_a_stored_pattern()
    {
        var table = _files.With([Price("a", "gpt-*", """{"input":1}"""), Price("b", "gpt-5*", """{"input":2}"""), Price("c", "gpt-5", """{"input":3}""")]);

        Assert.Equal((3, 2, 1), (Input(table, "gpt-5"), Input(table, "gpt-5-mini"), Input(table, "gpt-4o")));
        // What no stored price matches is as it was, and so is the table of before.
        Assert.Equal(Input(_files, "o3"), Input(table, "o3"));
        Assert.Equal(70, Input(_files, "gpt-5"));
        Assert.Equal(["stored", "own", "shipped"], table.Sources.Select(source => source.Name));
        Assert.Equal(("c", "stored"), (table.Listed[2].Id, table.Listed[2].File));
        Assert.True(_files.With([]).Sources.Count == 2 && Input(table.With([]), "gpt-5") == 70);
    }

    [Fact]
    public void What_a_stored_price_does_not_state_is_looked_for_further_on()
    {
        var table = _files.With([Price("a", "gpt-5", """{"factors":{"priority":3}}"""), Price("b", "gpt-4o", """{"tools":[{"tool":"web_search","perCall":0.2}]}""")]);

        Assert.Equal((70 * 3, 70 * 7), (Priority(table, "gpt-5"), Priority(table, "gpt-4o")));
        Assert.Equal((700_000, 200_000), (Search(table, "gpt-5"), Search(table, "gpt-4o")));
    }

    [Fact]
    public void Factors_and_tools_are_those_of_the_entry_that_says_most_in_whatever_order_they_were_set()
    {
        OperatorPrice[] prices =
        [
            Price("a", "*", """{"factors":{"priority":2},"tools":[{"tool":"web_search","perCall":0.02}]}"""),
            Price("b", "gpt-5", """{"factors":{"priority":4},"tools":[{"tool":"web_search","perCall":0.04}]}"""),
            Price("c", "gpt-5*", """{"factors":{"priority":3},"tools":[{"tool":"web_search","perCall":0.03}]}"""),
        ];
        foreach (var order in new[] { prices, [prices[2], prices[0], prices[1]], [prices[1], prices[2], prices[0]] })
        {
            var table = _files.With(order);
            Assert.Equal((280, 40_000), (Priority(table, "gpt-5"), Search(table, "gpt-5")));
            Assert.Equal((210, 30_000), (Priority(table, "gpt-5-mini"), Search(table, "gpt-5-mini")));
            Assert.Equal(140, Priority(table, "gpt-4o"));
            Assert.Equal(["a", "b", "c"], table.Listed.Take(3).Select(entry => entry.Id!));
        }
    }

    [Fact]
    public void Tiers_and_bounds_are_taken()
    {
        var price = _files.With([Price("a", "gpt-5", """{"input":1,"output":2,"tiers":[{"above":10,"input":5,"output":6}],"context":100,"maxOutput":7}""")]).Find("openai", "gpt-5");
        Assert.Equal((100, 7, false), (price.ContextTokens, price.MaxOutputTokens, price.IsFallback));
        Assert.Equal((10, 55), (price.CostMicroUsd(new TokenUsage { InputTokens = 10 }), price.CostMicroUsd(new TokenUsage { InputTokens = 11 })));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"input":1,"a rate of next year":2}""")]
    [InlineData("""{"input":-1}""")]
    [InlineData("""{"input":1000001}""")]
    [InlineData("""{"input":"1"}""")]
    [InlineData("""{"output":1}""")]
    [InlineData("""{"input":1,"tiers":[null]}""")]
    [InlineData("""{"input":1,"tiers":[{"input":1}]}""")]
    [InlineData("""{"input":1,"tiers":[{"above":5}]}""")]
    [InlineData("""{"input":1,"context":-1}""")]
    [InlineData("""{"factors":{"flex":-0.1}}""")]
    [InlineData("""{"factors":{"a tier of next year":1}}""")]
    [InlineData("""{"tools":[null]}""")]
    [InlineData("""{"tools":[{"tool":"a_tool_of_next_year"}]}""")]
    [InlineData("""{"tools":[{"tool":"none"}]}""")]
    [InlineData("""{"tools":[{"tool":"maps","perCall":1001}]}""")]
    public void What_makes_no_sense_or_is_not_known_is_no_price(string stated) => Assert.Throws<FormatException>(() => Price("a", "gpt-5", stated));

    [Fact]
    public void A_pattern_that_is_none_is_no_price() => Assert.Throws<FormatException>(() => Price("a", "a b", """{"input":1}"""));

    [Fact]
    public void What_is_written_is_what_is_read()
    {
        const string Stated = """{"tiers":[{"above":10,"input":5}],"context":100,"factors":{"priority":1.70},"tools":[{"tool":"web_search","perCall":0.1}],"source":"x","input":1.10}""";
        Assert.Equal(Stated, OperatorPrice.Write(Price("a", "gpt-5", Stated).Stated));
    }

    private static OperatorPrice Price(string id, string match, string stated) => OperatorPrice.Read(id, DateTimeOffset.UnixEpoch, "openai", [match], stated);

    private static long Input(PriceTable table, string model) => table.Find("openai", model).CostMicroUsd(new TokenUsage { InputTokens = 1 });

    private static long Priority(PriceTable table, string model) => table.Find("openai", model).CostMicroUsd(new TokenUsage { InputTokens = 1 }, new ServiceTerms(ServiceTier.Priority), default);

    private static long Search(PriceTable table, string model) => table.Find("openai", model).CostMicroUsd(default, default, new ToolCalls { WebSearches = 1 });
}
