using System.Globalization;
using System.Security.Cryptography;
using CredentialProxy.Benchmarks.Attacks;
using CredentialProxy.Benchmarks.Attacks.Overspend;
using CredentialProxy.Benchmarks.Chaos.Books;
using CredentialProxy.Benchmarks.Chaos.Breaking;
using CredentialProxy.Benchmarks.Chaos.Load;
using CredentialProxy.Benchmarks.Chaos.Servers;

namespace CredentialProxy.Benchmarks.Chaos;

/// <summary>
/// Whether limits hold and no usage is lost when three gateways share their accounts and everything around them is killed: three hundred clients on fifty tokens, and then the books of
/// clients, provider, Postgres and Redis are held against each other.
/// </summary>
internal static class ChaosMeasurement
{
    private const int ShortestSeconds = 20;
    private const int ExtraShare = 100;

    private static readonly TimeSpan ExpiredAfter = Cluster.HolderLifetime + TimeSpan.FromSeconds(1);

    /// <summary>Runs it with each breakage: the proof must fail each time.</summary>
    public static async Task<int> RunBrokenAsync(int seconds, ulong? seed)
    {
        var missed = new List<Breakage>();
        foreach (var breakage in Enum.GetValues<Breakage>())
        {
            if (await RunAsync(seconds, seed, breakage) == 0)
            {
                missed.Add(breakage);
            }
        }
        Console.WriteLine(missed.Count == 0 ? "The proof fails with each breakage, as it must." : $"The proof did not notice: {string.Join(", ", missed)}");
        return missed.Count == 0 ? 0 : 1;
    }

    /// <summary>Runs it, and answers 1 when a check fails.</summary>
    public static async Task<int> RunAsync(int seconds, ulong? seed, Breakage? breakage)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(seconds, ShortestSeconds);
        var chosen = seed ?? (ulong)RandomNumberGenerator.GetInt32(int.MaxValue);
        Console.WriteLine($"{Crowd.Clients} clients on {TokenMinting.Tokens} tokens for {seconds} s; seed {chosen}{(breakage is null ? "" : $"; broken: {breakage}")}");
        await using var cluster = await Cluster.StartAsync(breakage);
        var checks = new List<Check>();
        var ledgers = await LoadAsync(cluster, seconds, new Draws(chosen), checks);
        checks.AddRange(new AccountChecks(ledgers).All());
        checks.Add(new("nothing was ever held by nobody", cluster.Watch.Found == 0, $"{cluster.Watch.Found} findings in the logs"));
        checks.AddRange(new RequestChecks(ledgers).All());
        Print(ledgers, checks);
        return checks.All(check => check.Holds) ? 0 : 1;
    }

    private static async Task<Ledgers> LoadAsync(Cluster cluster, int seconds, Draws draws, List<Check> checks)
    {
        var minting = new TokenMinting(cluster.Control, draws.Fork(), seconds);
        var tokens = await minting.MintAsync();
        var revoked = await minting.MintAsync(TokenMinting.Tokens, UnitAmounts.Tokens, ExtraShare, null);
        var crowd = new Crowd(cluster, tokens);
        var changes = new CalmChanges(cluster, crowd);
        await changes.AddKeyAsync();

        using var stop = new CancellationTokenSource();
        var start = TimeProvider.System.GetTimestamp();
        var load = crowd.RunAsync(draws.Fork(), stop.Token);
        checks.Add(await changes.ReplaceKeyAsync());
        checks.Add(await changes.RevokeAsync(revoked));
        var storm = new Storm(cluster, TimeSpan.FromSeconds(seconds) - TimeProvider.System.GetElapsedTime(start));
        await storm.RunAsync(draws.Fork());
        await Task.WhenAll(cluster.Gateways.Select(gateway => gateway.BecomesReadyAsync()));
        await stop.CancelAsync();
        await load;
        checks.Add(await RestAsync(cluster));
        await using var redis = await cluster.Redis.ConnectAsync();
        return new Ledgers
        {
            Attempts = crowd.Attempts,
            Tokens = [.. tokens, revoked],
            Truths = await cluster.Mock.FinalTruthsAsync(),
            Usage = await UsageBooks.ReadAsync(cluster.Postgres.ConnectionString),
            Accounts = await AccountBooks.ReadAsync(redis),
        };
    }

    /// <summary>Waits until the dead are closed, has the living stop, and in between waits until all usage is in Postgres.</summary>
    private static async Task<Check> RestAsync(Cluster cluster)
    {
        await using var redis = await cluster.Redis.ConnectAsync();
        // Whoever was killed last expires meanwhile.
        await Task.Delay(ExpiredAfter);
        await Patience.UntilAsync("the dead are closed", async () => await AccountBooks.ReadLeftAsync(redis) is { Dead: 0 } left && left.Holders <= cluster.Gateways.Count + 1);
        var exits = await Task.WhenAll(cluster.Gateways.Select(gateway => gateway.StopAsync()));
        await cluster.Control.BecomesReadyAsync();
        await Patience.UntilAsync("all usage is recorded", async () => await AccountBooks.ReadLeftAsync(redis) is { Usage: 0 });
        exits = [.. exits, await cluster.Control.StopAsync()];
        return new("gateways and control plane stop in an orderly way", exits.All(exit => exit == 0), $"exit codes {string.Join(", ", exits)}");
    }

    private static void Print(Ledgers ledgers, List<Check> checks)
    {
        var attempts = ledgers.Attempts;
        Console.WriteLine("ended        attempts");
        foreach (var group in attempts.GroupBy(attempt => attempt.End).OrderBy(group => group.Key))
        {
            Console.WriteLine($"{group.Key,-11} {group.Count(),9}");
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            refused with 429 {Count(StatusCodes.Status429TooManyRequests, null)}, with room in the view of a perfect authority {Count(StatusCodes.Status429TooManyRequests, true)}; with 503 {Count(StatusCodes.Status503ServiceUnavailable, null)}, with room {Count(StatusCodes.Status503ServiceUnavailable, true)}
            stranded by crashes {new AccountChecks(ledgers).Stranded()}
            """));
        foreach (var group in ledgers.Unrecorded.GroupBy(attempt => attempt.Life).OrderBy(group => group.Key.KilledAt))
        {
            Console.WriteLine($"without a record, {group.Key}: {group.Count()} requests, {group.Count(attempt => attempt.End == AttemptEnd.Whole)} of them answered, {group.Sum(attempt => UnitAmounts.Spent(UnitAmounts.Tokens, ledgers.Truths[attempt.Model]))} tokens");
        }
        var list = Path.Combine(Path.GetTempPath(), "credential-proxy-chaos-without-record.txt");
        File.WriteAllLines(list, ledgers.Unrecorded.Select(attempt => $"{attempt.Life}, token {attempt.Token.Id}, model {attempt.Model}, request {attempt.RequestId ?? "unknown"}, {attempt.End}: {ledgers.Truths[attempt.Model]}"));
        Console.WriteLine($"each of them is in {list}");
        foreach (var check in checks)
        {
            Console.WriteLine($"{(check.Holds ? "ok  " : "FAIL")} {check.Claim}: {check.Figures}");
        }

        int Count(int status, bool? hadRoom) => attempts.Count(attempt => attempt.Status == status && (hadRoom is null || attempt.HadRoom == hadRoom));
    }
}
