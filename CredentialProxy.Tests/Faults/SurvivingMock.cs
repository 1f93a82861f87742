using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Usage;
using CredentialProxy.MockProvider;
using CredentialProxy.Tests.Running;
using Microsoft.AspNetCore.Builder;

namespace CredentialProxy.Tests.Faults;

/// <summary>A mock provider beside the process that is killed, so that what it has produced is known afterwards.</summary>
internal sealed class SurvivingMock : IAsyncDisposable
{
    private static readonly PriceTable Prices = PriceTable.Load(new PricingOptions());

    private readonly WebApplication _app = MockProviderApp.Create(new MockProviderOptions { Port = 0 });
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private readonly ConcurrentQueue<(string Model, TimeSpan Time)> _arrivals = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private int _running;

    private SurvivingMock() => _app.Use(async (context, next) =>
    {
        if (!context.Request.Path.StartsWithSegments("/v1"))
        {
            await next(context);
            return;
        }
        Interlocked.Increment(ref _running);
        _arrivals.Enqueue(((string)Exchange.Of(context).Body!["model"]!, Stopwatch.GetElapsedTime(_start)));
        try
        {
            await next(context);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    });

    public Uri Address => new(_app.Urls.First());

    public static async Task<SurvivingMock> StartAsync()
    {
        var mock = new SurvivingMock();
        await mock._app.StartAsync();
        return mock;
    }

    /// <summary>When requests for a model arrived, from the start on.</summary>
    public List<TimeSpan> ArrivalsOf(string model) => [.. _arrivals.Where(arrival => arrival.Model == model).Select(arrival => arrival.Time).Order()];

    /// <summary>What was produced by model and what it costs, once nothing more is.</summary>
    public async Task<Dictionary<string, Demand>> ProducedAsync()
    {
        await Product.EventuallyAsync(() => Task.FromResult(Volatile.Read(ref _running) == 0), "the mock has noticed that nobody listens");
        var usage = (await _client.GetFromJsonAsync<JsonArray>(new Uri(Address, "/__usage")))!;
        return usage.ToDictionary(entry => (string)entry!["model"]!, entry =>
        {
            var tokens = new TokenUsage { InputTokens = (long)entry!["input"]!, OutputTokens = (long)entry["output"]! };
            return new Demand(tokens.TotalTokens, Prices.Find("openai", (string)entry["model"]!).CostMicroUsd(tokens), (long)entry["requests"]!);
        });
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }
}
