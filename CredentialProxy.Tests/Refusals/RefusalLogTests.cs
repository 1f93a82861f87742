using System.Collections.Concurrent;
using System.Globalization;
using CredentialProxy.Core.Judging;
using CredentialProxy.Gateway.Refusals;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Refusals;

[Trait("threat", "avail-4")]
public sealed class RefusalLogTests : IDisposable
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ILoggerFactory _loggers;
    private readonly RefusalLog _log;

    public RefusalLogTests()
    {
        _loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Information).AddProvider(new QueueLoggerProvider(_lines)));
        _log = new RefusalLog(_time, _loggers.CreateLogger<RefusalLog>());
    }

    [Fact]
    public void The_first_of_each_token_and_code_are_told_one_by_one_and_the_rest_by_their_number()
    {
        for (var i = 0; i < 1_000; i++)
        {
            _log.Write($"req_{i}", RefusalCode.RateLimitExceeded, "tok_busy");
        }
        _log.Write("req_other", RefusalCode.ModelNotAllowed, "tok_busy");
        _log.Write("req_another", RefusalCode.RateLimitExceeded, "tok_quiet");
        Assert.Equal(RefusalLog.LinesPerTally + 2, _lines.Count);
        Assert.Contains(_lines, line => line.Contains("Request req_0 refused: RateLimitExceeded (token tok_busy)", StringComparison.Ordinal));

        _log.EndInterval();
        Assert.Equal(RefusalLog.LinesPerTally + 3, _lines.Count);
        Assert.Contains("995 more requests were refused within 10 s: RateLimitExceeded (token tok_busy)", _lines.Last(), StringComparison.Ordinal);

        _log.Write("req_later", RefusalCode.RateLimitExceeded, "tok_busy");
        Assert.Contains("Request req_later refused", _lines.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_flood_over_many_tokens_is_bounded_in_lines_and_none_of_it_goes_uncounted()
    {
        const int Refusals = 200_000;
        Parallel.For(0, Refusals, i => _log.Write("req", (i & 1) == 0 ? RefusalCode.InvalidToken : RefusalCode.TokenRevoked, $"tok_{i / 20}"));
        Assert.InRange(_lines.Count, 1, RefusalLog.LinesInAll);
        var told = _lines.Count;
        _log.EndInterval();
        Assert.InRange(_lines.Count - told, 1, RefusalLog.MaxTallies + 10);
        Assert.Equal(Refusals - told, _lines.Skip(told).Sum(Count));

        _log.EndInterval();
        Assert.Equal(Refusals - told, _lines.Skip(told).Sum(Count));

        static int Count(string line) => int.Parse(line.Split("Count=")[1].Split(',')[0], CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task An_interval_ends_by_itself_and_with_the_process()
    {
        await _log.StartAsync(TestContext.Current.CancellationToken);
        Flood();
        await Product.EventuallyAsync(
            () =>
            {
                _time.Advance(RefusalLog.Interval);
                return Task.FromResult(_lines.Any(line => line.Contains("5 more", StringComparison.Ordinal)));
            },
            "the interval ends");
        _lines.Clear();
        Flood();
        await _log.StopAsync(TestContext.Current.CancellationToken);
        Assert.Contains(_lines, line => line.Contains("5 more", StringComparison.Ordinal));

        void Flood()
        {
            for (var i = 0; i < RefusalLog.LinesPerTally + 5; i++)
            {
                _log.Write("req", RefusalCode.InvalidToken, null);
            }
        }
    }

    public void Dispose()
    {
        _log.Dispose();
        _loggers.Dispose();
    }
}
