using System.Collections.Concurrent;
using CredentialProxy.Benchmarks.Attacks;
using CredentialProxy.Benchmarks.Attacks.Overspend;
using CredentialProxy.Benchmarks.Chaos.Servers;

namespace CredentialProxy.Benchmarks.Chaos.Load;

/// <summary>Three hundred clients that call as long as they are let, each with one of the tokens, going on to the next gateway when one is away.</summary>
internal sealed class Crowd(Cluster cluster, IReadOnlyList<LoadedToken> tokens)
{
    public const int Clients = 300;
    public const int MaxTokens = 48;

    private const double SpoiledShare = 0.08;
    private const double RoamingShare = 0.05;
    private const int LeastPauseMs = 100;
    private const int MostPauseMs = 700;
    private const int RefusedPauseMs = 800;

    private readonly ConcurrentQueue<Attempt> _attempts = new();

    /// <summary>Everything that was tried so far.</summary>
    public IReadOnlyCollection<Attempt> Attempts => _attempts;

    /// <summary>What a client sends that nothing happens to.</summary>
    public static CrowdRequest Typical { get; } = new() { Prompt = Prompts.Sensible, MaxTokens = MaxTokens, OutputTokens = MaxTokens, AsksForUsage = true };

    public Task RunAsync(Draws draws, CancellationToken stop)
    {
        var clients = Enumerable.Range(0, Clients).Select(number => (Number: number, Draws: draws.Fork())).ToList();
        return Task.WhenAll(clients.Select(client => CallAsync(client.Number, client.Draws, stop)));
    }

    /// <summary>Sends a request outside of what the clients do, and keeps it among all others.</summary>
    public async Task<Attempt> SendAsync(RestartableGateway gateway, LoadedToken token, CrowdRequest request)
    {
        var attempt = await ChaosClient.SendAsync(cluster.Client, gateway, token, request);
        _attempts.Enqueue(attempt);
        return attempt;
    }

    private async Task CallAsync(int number, Draws draws, CancellationToken stop)
    {
        var turn = number;
        await Task.Delay(draws.Between(0, MostPauseMs), CancellationToken.None);
        while (!stop.IsCancellationRequested)
        {
            var attempt = await SendAsync(cluster.Gateways[turn % cluster.Gateways.Count], tokens[number % tokens.Count], Draw(draws));
            if (attempt.End == AttemptEnd.Unreachable || attempt.Status == StatusCodes.Status503ServiceUnavailable || draws.Chance(RoamingShare))
            {
                turn++;
            }
            await Task.Delay(attempt.End == AttemptEnd.Refused ? RefusedPauseMs : draws.Between(LeastPauseMs, MostPauseMs), CancellationToken.None);
        }
    }

    private static CrowdRequest Draw(Draws draws)
    {
        var isStream = draws.Chance(0.5);
        return Typical with
        {
            OutputTokens = draws.Between(4, MaxTokens),
            IsStream = isStream,
            Misfortune = draws.Chance(SpoiledShare) ? Spoil(draws, isStream) : new Misfortune($$"""{"delayMs":{{draws.Between(0, 200)}},"chunkDelayMs":{{draws.Between(0, 10)}}}"""),
        };
    }

    private static Misfortune Spoil(Draws draws, bool isStream) => draws.Between(0, 3) switch
    {
        0 => new("""{"reset":true}"""),
        1 => new($$"""{"cutAfterChunks":{{draws.Between(1, MaxTokens)}},"chunkDelayMs":2}"""),
        2 when isStream => new("""{"chunkDelayMs":5}""", LeavesAfterBytes: draws.Between(1, 2000)),
        _ => new("""{"delayMs":100,"chunkDelayMs":5}""", LeavesAfter: TimeSpan.FromMilliseconds(draws.Between(20, 300))),
    };
}
