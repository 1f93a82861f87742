using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Inspection.Deciding;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>One tenant far beyond its limits beside another within its own. How fast the other is served is for the benchmarks to say; here, that it is.</summary>
[Trait("threat", "avail-5")]
public sealed class NeighbourAttacks(Product product) : IClassFixture<Product>
{
    [Fact]
    public async Task A_flood_of_refusals_changes_nothing_for_another_token_and_nothing_grows()
    {
        const int Limit = 10;
        var flooder = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "requests", limit = Limit, window = "minute" } } });
        // A limit of which leases must be taken again and again while the flood asks for its own.
        var neighbour = await product.CreateTokenAsync(new { kind = "proxy", limits = new object[] { new { unit = "tokens", limit = 100_000 }, new { unit = "requests", limit = 200, window = "minute" } } });
        await product.ForgetAsync();
        using var over = new CancellationTokenSource();
        var refused = new ConcurrentDictionary<string, int>();
        var passed = 0;
        var flood = Enumerable.Range(0, 8).Select(async _ =>
        {
            while (!over.IsCancellationRequested)
            {
                using var answer = await product.ChatAsync((string)flooder["token"]!);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    Interlocked.Increment(ref passed);
                    continue;
                }
                Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 63);
                refused.AddOrUpdate(answer.Headers.GetValues("x-credential-proxy-error").Single(), 1, (_, count) => count + 1);
            }
        }).ToArray();
        await Product.EventuallyAsync(() => Task.FromResult(refused.Values.Sum() > 5 * Limit), "the flood is at its limit");
        for (var i = 0; i < 100; i++)
        {
            using var answer = await product.ChatAsync((string)neighbour["token"]!);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        await Product.EventuallyAsync(() => Task.FromResult(refused.Values.Sum() > 100 * Limit), "the flood is at a hundred times its limit");
        await over.CancelAsync();
        await Task.WhenAll(flood);

        Assert.Equal("rate_limit_exceeded", Assert.Single(refused.Keys));
        Assert.InRange(passed, 1, 2 * Limit);
        Assert.Equal(100, (long)(await product.UsageAsync($"?token={neighbour["id"]}"))["totals"]!["requests"]!);
        await product.NothingIsUnderWayAsync();
        Assert.InRange(product.Host.Ledger.Counters, 1, 10);
        Assert.InRange(product.Log.Count(line => line.StartsWith("Information CredentialProxy", StringComparison.Ordinal) && line.Contains((string)flooder["id"]!, StringComparison.Ordinal)), 1, 60);
    }

    [Fact]
    public async Task Twenty_tokens_of_spent_budgets_keep_nobody_waiting()
    {
        var spent = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => product.MintAsync(new { unit = "tokens", limit = 1 })));
        var neighbour = await product.MintAsync(new { unit = "tokens", limit = 1_000_000 });
        var flood = Task.WhenAll(spent.Select(async token =>
        {
            for (var i = 0; i < 20; i++)
            {
                using var answer = await product.ChatAsync(token);
                Assert.Equal(RefusalCodes.NameOf(RefusalCode.BudgetExceeded), answer.Headers.GetValues("x-credential-proxy-error").Single());
            }
        }));
        for (var i = 0; i < 20; i++)
        {
            using var answer = await product.ChatAsync(neighbour);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        await flood;
        await product.NothingIsUnderWayAsync();
    }

    [Fact]
    [Trait("threat", "avail-4")]
    public async Task A_flood_of_distinct_models_grows_no_cache_and_no_log()
    {
        const int Models = 20_000;
        var prices = PriceTable.Load(new PricingOptions());
        for (var i = 0; i < Models; i++)
        {
            var body = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes($$"""{"model":"flood-{{i}}","max_tokens":1,"messages":[]}"""));
            Assert.Null(RequestInspector.Inspect(Dialect.OpenAIChat, body, null, false, out var facts));
            prices.Find("openai", facts.Model);
        }
        Assert.InRange(ModelNames.Count, 1, ModelNames.Capacity + 100);
        Assert.InRange(prices.FoundCount, 1, PriceTable.MaxFound + 100);

        // And over the running gateway, where each is refused.
        var token = await product.CreateTokenAsync(new { kind = "proxy", models = new[] { "gpt-4o" } });
        for (var i = 0; i < 100; i++)
        {
            using var request = product.Chat((string)token["token"]!);
            request.Content = new StringContent($$"""{"model":"flood-{{i}}","messages":[]}""");
            using var answer = await product.Client.SendAsync(request);
            Assert.Equal("model_not_allowed", answer.Headers.GetValues("x-credential-proxy-error").Single());
        }
        Assert.DoesNotContain(product.Log, line => line.Contains(" CredentialProxy.", StringComparison.Ordinal) && line.Contains("flood-", StringComparison.Ordinal));
        Assert.InRange(product.Log.Count(line => line.StartsWith("Information CredentialProxy", StringComparison.Ordinal) && line.Contains((string)token["id"]!, StringComparison.Ordinal)), 1, 30);
    }
}
