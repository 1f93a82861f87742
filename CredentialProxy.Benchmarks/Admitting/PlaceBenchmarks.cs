using System.Threading.RateLimiting;
using BenchmarkDotNet.Attributes;
using CredentialProxy.Gateway.Admitting;

namespace CredentialProxy.Benchmarks.Admitting;

/// <summary>What a request's place among those of its token and among all costs: counted, as the gateway does it, and by the framework's limiters.</summary>
[MemoryDiagnoser]
public class PlaceBenchmarks : IDisposable
{
    private const int Most = 20_000;

    private readonly Load _all = new();
    private readonly Load _token = new();
    private readonly ConcurrencyLimiter _allLimiter = Limiter();
    private readonly ConcurrencyLimiter _tokenLimiter = Limiter();

    /// <summary>Two counters.</summary>
    [Benchmark(Baseline = true)]
    public bool Counted()
    {
        var hasEntered = _token.TryEnter(Most) && _all.TryEnter(Most);
        _all.Leave();
        _token.Leave();
        return hasEntered;
    }

    /// <summary>Two limiters without a queue.</summary>
    [Benchmark]
    public bool Limited()
    {
        using var token = _tokenLimiter.AttemptAcquire();
        using var all = _allLimiter.AttemptAcquire();
        return token.IsAcquired && all.IsAcquired;
    }

    /// <summary>What a token takes up by itself that has its own limiter.</summary>
    [Benchmark]
    public object NewLimiter() => Limiter();

    /// <summary>The same, counted.</summary>
    [Benchmark]
    public object NewCounter() => new Load();

    /// <summary>Ends the limiters.</summary>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _allLimiter.Dispose();
        _tokenLimiter.Dispose();
    }

    private static ConcurrencyLimiter Limiter() => new(new ConcurrencyLimiterOptions { PermitLimit = Most, QueueLimit = 0 });
}
