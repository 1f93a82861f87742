using System.Diagnostics;
using CredentialProxy.Benchmarks.Attacks.Overspend;
using CredentialProxy.Benchmarks.Chaos.Books;
using CredentialProxy.Benchmarks.Chaos.Load;
using CredentialProxy.Benchmarks.Chaos.Servers;

namespace CredentialProxy.Benchmarks.Chaos;

/// <summary>Changes that an operator makes under load, while nothing else goes wrong: a key is replaced, a token is revoked.</summary>
internal sealed class CalmChanges(Cluster cluster, Crowd crowd)
{
    private const string OldKey = "sk-chaos-old-0123456789";
    private const string NewKey = "sk-chaos-new-0123456789";
    private const int Streams = 30;

    private static readonly TimeSpan Around = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RevokedWithin = TimeSpan.FromSeconds(2);

    private string _credential = "";

    /// <summary>Adds the key that all requests begin with.</summary>
    public async Task AddKeyAsync() =>
        _credential = (string)(await cluster.Control.CallAsync(HttpMethod.Post, "/api/credentials", new { provider = "openai", label = "chaos", secret = OldKey }))["id"]!;

    /// <summary>Replaces the key while everybody calls: no request fails that nothing else happened to.</summary>
    public async Task<Check> ReplaceKeyAsync()
    {
        var from = TimeProvider.System.GetTimestamp();
        await Task.Delay(Around);
        await cluster.Control.CallAsync(HttpMethod.Patch, $"/api/credentials/{_credential}", new { secret = NewKey });
        await Task.Delay(Around);
        var during = crowd.Attempts.Where(attempt => attempt.EndedAt >= from && !attempt.IsSpoiled).ToList();
        var failed = during.Count(attempt => attempt.End != AttemptEnd.Whole && attempt.Status != StatusCodes.Status429TooManyRequests);
        var keys = await cluster.Mock.RequestsByKeyAsync();
        return new(
            "a key is replaced under load and no request fails", failed == 0 && during.Count > 0 && keys.GetValueOrDefault(NewKey) > 0,
            $"{during.Count} requests in {(Around * 2).TotalSeconds:0} s, {failed} failed; so far {keys.GetValueOrDefault(OldKey)} with the old key, {keys.GetValueOrDefault(NewKey)} with the new one");
    }

    /// <summary>Revokes a token with open streams at every gateway.</summary>
    public async Task<Check> RevokeAsync(LoadedToken token)
    {
        var endless = Crowd.Typical with { MaxTokens = 2000, OutputTokens = 2000, IsStream = true, Misfortune = new Misfortune("""{"chunkDelayMs":20}""") };
        var streams = Enumerable.Range(0, Streams).Select(number => crowd.SendAsync(cluster.Gateways[number % cluster.Gateways.Count], token, endless)).ToList();
        await Task.Delay(Around);
        var start = TimeProvider.System.GetTimestamp();
        await cluster.Control.CallAsync(HttpMethod.Post, $"/api/tokens/{token.Id}/revoke");
        var answered = TimeProvider.System.GetElapsedTime(start);
        var ended = await Task.WhenAll(streams);
        var last = Stopwatch.GetElapsedTime(start, ended.Max(attempt => attempt.EndedAt));
        var late = await Task.WhenAll(cluster.Gateways.Select(gateway => crowd.SendAsync(gateway, token, Crowd.Typical)));
        return new(
            "a token is revoked under load", last < RevokedWithin && ended.All(attempt => attempt.End == AttemptEnd.Broken) && late.All(attempt => attempt.Status == StatusCodes.Status401Unauthorized),
            $"{Streams} streams at {cluster.Gateways.Count} gateways; last byte {last.TotalMilliseconds:0} ms after the call, which took {answered.TotalMilliseconds:0} ms");
    }
}
