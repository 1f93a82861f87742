using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Directories.Redis;

/// <summary>Prices in Redis: they hold on while they are lost or out of reach, and come back as the database has them.</summary>
public sealed class ProjectedPricesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_that_was_tampered_with_or_forged_is_repaired()
    {
        await using var store = await ProjectedStore.CreateAsync();
        await store.ChangeAsync(context => context.Prices.Add(Price("price_1", "gpt-5", """{"input":5}""")));
        var directory = await store.StartAsync();
        Assert.Equal((5, 0), (CostOf(directory, "gpt-5"), await store.Projector.CompareAsync(Cancellation)));
        var key = $"{store.Name}:{{directory}}:prices";
        var document = (string)(await store.Redis.HashGetAsync(key, "price_1"))!;

        await store.Redis.HashSetAsync(key, "price_1", document.Replace("5}", "0}", StringComparison.Ordinal));
        await store.Redis.HashSetAsync(key, "price_forged", DirectoryDocuments.Write(Price("price_forged", "*", """{"input":0}""")));
        var deceived = await store.StartAsync();
        Assert.Equal((0, 0), (CostOf(deceived, "gpt-5"), CostOf(deceived, "gpt-4o")));

        Assert.Equal(2, await store.Projector.CompareAsync(Cancellation));
        await deceived.CatchUpAsync(Cancellation);
        Assert.Equal(5, CostOf(deceived, "gpt-5"));
        Assert.Equal(CostOf(directory, "gpt-4o"), CostOf(deceived, "gpt-4o"));
        Assert.Equal(document, (string?)await store.Redis.HashGetAsync(key, "price_1"));
    }

    [Fact]
    public async Task What_was_lost_holds_on_and_is_put_back()
    {
        await using var store = await ProjectedStore.CreateAsync();
        await store.ChangeAsync(context => context.Prices.AddRange(Price("price_1", "gpt-5", """{"input":5}"""), Price("price_2", "gpt-4o", """{"input":6}""")));
        var directory = await store.StartAsync();
        var server = store.Connection.GetServers()[0];
        await foreach (var key in server.KeysAsync(pattern: store.Name + ":*"))
        {
            await store.Redis.KeyDeleteAsync(key);
        }
        await directory.CatchUpAsync(Cancellation);
        Assert.Equal((5, 6), (CostOf(directory, "gpt-5"), CostOf(directory, "gpt-4o")));

        await store.ChangeAsync(context => context.Prices.Remove(context.Prices.Single(row => row.Id == "price_2")));
        await store.Projector.ProjectAsync(Cancellation);
        await directory.CatchUpAsync(Cancellation);
        Assert.Equal((5, DirectoryContract.FilePrices.Find("openai", "gpt-4o").UsdPerMillion), (CostOf(directory, "gpt-5"), directory.Prices.Find("openai", "gpt-4o").UsdPerMillion));
        Assert.Equal(1, await store.Redis.HashLengthAsync($"{store.Name}:{{directory}}:prices"));
    }

    [Fact]
    public async Task While_redis_is_away_the_last_prices_hold()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var store = await ProjectedStore.CreateAsync(redis);
        await store.ChangeAsync(context => context.Prices.Add(Price("price_1", "gpt-5", """{"input":5}""")));
        var directory = await store.StartAsync();
        await redis.KillAsync();
        await Product.EventuallyAsync(() => Task.FromResult(directory.Silence > TimeSpan.Zero), "Redis is missed");
        Assert.Equal(5, CostOf(directory, "gpt-5"));

        await redis.StartAgainAsync();
        await store.ChangeAsync(context => context.Prices.Single().StatedJson = """{"input":8}""");
        await Product.EventuallyAsync(
            async () =>
            {
                await store.Updater.PricesChangedAsync(Cancellation);
                return CostOf(directory, "gpt-5") == 8;
            },
            "the new price holds");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"v":2,"prv":"openai","mod":["gpt-5"],"prc":"{\"input\":0}","at":0}""")]
    [InlineData("""{"v":1,"prv":"openai","mod":["gpt-5"],"prc":"{\"input\":0,\"new\":1}","at":0}""")]
    [InlineData("""{"v":1,"prv":"openai","mod":[null],"prc":"{\"input\":0}","at":0}""")]
    [InlineData("""{"v":1,"prv":7,"mod":["gpt-5"],"prc":"{\"input\":0}","at":0}""")]
    [InlineData("""{"v":1,"prv":"openai","mod":["gpt-5"],"prc":"{\"tools\":[null]}","at":99999999999999999}""")]
    public void A_document_of_another_version_or_none_at_all_is_no_price(string document) => Assert.Throws<FormatException>(() => DirectoryDocuments.ReadPrice("price_1", document));

    private static long CostOf(RedisDirectory directory, string model) => directory.Prices.Find("openai", model).CostMicroUsd(new TokenUsage { InputTokens = 1 });

    private static PriceRow Price(string id, string match, string stated) =>
        new() { Id = id, Provider = "openai", Match = [new PriceMatchRow { Provider = "openai", Pattern = match }], StatedJson = stated, CreatedAt = DateTimeOffset.UnixEpoch };
}
