using System.Diagnostics;
using System.Globalization;
using CredentialProxy.Benchmarks.Chaos.Books;
using CredentialProxy.Benchmarks.Chaos.Servers;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Benchmarks.Rolling;

/// <summary>Whether any request fails when two gateways behind a load balancer are replaced one after the other, round by round, while clients call for JSON and streams.</summary>
internal static class RollingMeasurement
{
    private static readonly string[] Providers = ["openai"];

    /// <summary>Runs it; 0 when no request failed, none was recorded twice or not at all, and nothing stayed leased.</summary>
    /// <param name="seconds">How long both gateways serve between two that are replaced.</param>
    /// <param name="rounds">How often each is replaced.</param>
    public static async Task<int> RunAsync(int seconds, int rounds)
    {
        await using var deployment = await RollingDeployment.StartAsync();
        var token = await deployment.Control.CallAsync(HttpMethod.Post, "/api/tokens", new
        {
            kind = "proxy",
            label = "rolling",
            providers = Providers,
            limits = new[] { new { unit = "tokens", limit = 1_000_000_000_000, window = "lifetime" } },
        });
        using var clients = new SteadyClients(deployment.Address, (string)token["token"]!);
        using var stop = new CancellationTokenSource();
        var clock = Stopwatch.StartNew();
        var calling = clients.RunAsync(stop.Token);
        var stops = new List<TimeSpan>();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var gateway in deployment.Gateways)
            {
                await Task.Delay(TimeSpan.FromSeconds(seconds), CancellationToken.None);
                stops.Add(await ReplaceAsync(gateway, clients, round));
            }
        }
        await stop.CancelAsync();
        await calling;
        var elapsed = clock.Elapsed;
        return Tell(clients, elapsed, stops, await deployment.SettleAsync(clients.Answers));
    }

    private static async Task<TimeSpan> ReplaceAsync(RestartableGateway gateway, SteadyClients clients, int round)
    {
        var clock = Stopwatch.StartNew();
        var code = await gateway.StopAsync();
        var stopped = clock.Elapsed;
        gateway.Dispose();
        gateway.Start();
        await gateway.BecomesReadyAsync();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"round {round + 1}, gateway {gateway.Index}: ended with {code} after {stopped.TotalSeconds:0.0} s, ready again after {clock.Elapsed.TotalSeconds:0.0} s; {clients.Answers} answered, {clients.Failures.Count} failed"));
        return code == 0 ? stopped : throw new InvalidOperationException($"Gateway {gateway.Index} ended with {code}.");
    }

    private static int Tell(SteadyClients clients, TimeSpan elapsed, List<TimeSpan> stops, (long Recorded, AccountBooks Books) after)
    {
        foreach (var failure in clients.Failures.Take(10))
        {
            Console.WriteLine($"failed: {failure}");
        }
        var leased = after.Books.Counters.Values.Sum(counter => counter.Leased);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""

            gateways replaced            {stops.Count}, each ending within {stops.Max().TotalSeconds:0.0} s
            requests answered whole      {clients.Answers}, of which streams {clients.Streams}, by {SteadyClients.Count} clients in {elapsed.TotalSeconds:0} s
            requests failed or cut       {clients.Failures.Count}
            recorded in Postgres         {after.Recorded}
            still leased                 {leased}, by {after.Books.Left.Holders} gateways; leases that had to be closed for one: {after.Books.Left.Dead}
            """));
        return clients.Failures.IsEmpty && after.Recorded == clients.Answers && leased == 0 && after.Books.Left.Holders == 0 ? 0 : 1;
    }
}
