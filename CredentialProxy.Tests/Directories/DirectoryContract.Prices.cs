using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Directories;

/// <summary>Prices, as every directory knows them.</summary>
public abstract partial class DirectoryContract
{
    [Fact]
    public async Task A_price_holds_once_it_is_set_and_no_longer_once_it_is_deleted()
    {
        var (files, version) = (_directory.Prices, _directory.Version);
        Assert.Equal(FilePrices.Sources, files.Sources);
        await ChangePricesAsync(context => context.Prices.AddRange(Price("price_1", """{"input":5}""", "gpt-5", "gpt-5-*"), Price("price_2", """{"input":6}""", "gpt-4o")));
        Assert.Equal((5, 5, 6), (CostOf("gpt-5"), CostOf("gpt-5-mini"), CostOf("gpt-4o")));
        Assert.True(_directory.Version > version);
        Assert.Contains(new DirectoryChange(null), _changes);

        await ChangePricesAsync(context => context.Prices.Single(row => row.Id == "price_1").StatedJson = """{"input":7}""");
        Assert.Equal((7, 6), (CostOf("gpt-5"), CostOf("gpt-4o")));
        await ChangePricesAsync(context => context.Prices.Remove(context.Prices.Single(row => row.Id == "price_1")));
        Assert.Equal((Of(files, "gpt-5"), 6), (CostOf("gpt-5"), CostOf("gpt-4o")));
        // Who reserved by a table settles by the same.
        Assert.Equal(Of(FilePrices, "gpt-5"), Of(files, "gpt-5"));
    }

    [Fact]
    public async Task A_table_of_before_stays_as_it_was()
    {
        await ChangePricesAsync(context => context.Prices.Add(Price("price_1", """{"input":5}""", "gpt-5")));
        var before = _directory.Prices;
        await ChangePricesAsync(context => context.Prices.Single().StatedJson = """{"input":900}""");
        Assert.Equal((5, 900), (Of(before, "gpt-5"), CostOf("gpt-5")));
    }

    [Theory]
    [InlineData("""{"input":9,"a rate of a later version":2}""")]
    [InlineData("""{"input":-9}""")]
    [InlineData("not json")]
    public async Task A_price_that_can_t_be_read_stays_as_it_was_and_keeps_no_other_from_changing(string stated)
    {
        await ChangePricesAsync(context => context.Prices.AddRange(Price("price_1", """{"input":5}""", "gpt-5"), Price("price_2", """{"input":6}""", "gpt-4o")));
        await ChangePricesAsync(context =>
        {
            context.Prices.Single(row => row.Id == "price_1").StatedJson = stated;
            context.Prices.Single(row => row.Id == "price_2").StatedJson = """{"input":8}""";
        });
        Assert.Equal((5, 8), (CostOf("gpt-5"), CostOf("gpt-4o")));

        // Who never knew it goes by the files, and starts.
        var restarted = await _store.StartAsync();
        Assert.Equal((Of(FilePrices, "gpt-5"), 8), (Of(restarted.Prices, "gpt-5"), Of(restarted.Prices, "gpt-4o")));
        await ChangePricesAsync(context => context.Prices.Remove(context.Prices.Single(row => row.Id == "price_1")));
        Assert.Equal(Of(FilePrices, "gpt-5"), CostOf("gpt-5"));
    }

    private static PriceRow Price(string id, string stated, params string[] match) => new()
    {
        Id = id,
        Provider = "openai",
        Match = [.. match.Select(pattern => new PriceMatchRow { Provider = "openai", Pattern = pattern })],
        StatedJson = stated,
        CreatedAt = Time,
    };

    private static long Of(Core.Pricing.PriceTable prices, string model) => prices.Find("openai", model).CostMicroUsd(new TokenUsage { InputTokens = 1 });

    private long CostOf(string model) => Of(_directory.Prices, model);

    private async Task ChangePricesAsync(Action<StorageContext> change)
    {
        await _store.ChangeAsync(change);
        await TellAsync(updater => updater.PricesChangedAsync(Cancellation));
    }
}
