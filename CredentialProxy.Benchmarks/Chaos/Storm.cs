using CredentialProxy.Benchmarks.Attacks;
using CredentialProxy.Benchmarks.Chaos.Servers;

namespace CredentialProxy.Benchmarks.Chaos;

/// <summary>What goes wrong, by a schedule that a seed decides: gateways are killed and frozen, Redis is killed, Postgres is stopped, each started again after a while, and connections are cut.</summary>
internal sealed class Storm(Cluster cluster, TimeSpan length)
{
    private static readonly TimeSpan PostgresAway = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LastKillBefore = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan WarmFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Frozen = Cluster.HolderLifetime * 1.5;

    private readonly SemaphoreSlim[] _gateways = [.. cluster.Gateways.Select(_ => new SemaphoreSlim(1))];
    private readonly long _start = TimeProvider.System.GetTimestamp();

    /// <summary>Runs it; everything is there again at its end.</summary>
    public Task RunAsync(Draws draws)
    {
        var (silences, postgres, kills, cuts) = (draws.Fork(), draws.Fork(), draws.Fork(), draws.Fork());
        return Task.WhenAll(SilenceAsync(silences), StopPostgresAsync(postgres), KillGatewaysAsync(kills), CutLinesAsync(cuts));
    }

    private TimeSpan Left => length - TimeProvider.System.GetElapsedTime(_start);

    private async Task KillGatewaysAsync(Draws draws)
    {
        while (Left > LastKillBefore)
        {
            var gateway = cluster.Gateways[draws.Between(0, cluster.Gateways.Count - 1)];
            using (await HoldAsync(gateway))
            {
                Say($"gateway {gateway.Index} is killed");
                gateway.Kill();
                await Task.Delay(draws.Between(200, 2500));
                gateway.Start();
            }
            await Task.Delay(draws.Between(1500, 5000));
        }
    }

    // Shorter than what makes others take a gateway for dead: what was on its way is in doubt, and nothing else.
    private async Task CutLinesAsync(Draws draws)
    {
        while (Left > LastKillBefore)
        {
            await Task.Delay(draws.Between(1000, 3000));
            var (name, line) = cluster.Lines[draws.Between(0, cluster.Lines.Count - 1)];
            Say($"connections of {name} are cut");
            line.Cut();
            await Task.Delay(draws.Between(0, 1500));
            line.Mend();
        }
    }

    // One after the other: while Redis is away no gateway expires.
    private async Task SilenceAsync(Draws draws)
    {
        await KillRedisAsync(draws);
        await FreezeAsync(draws);
        await KillRedisAsync(draws);
    }

    private async Task FreezeAsync(Draws draws)
    {
        await Task.Delay(Share(draws, 0.06, 0.12));
        var gateway = cluster.Gateways[draws.Between(0, cluster.Gateways.Count - 1)];
        using (await HoldAsync(gateway))
        {
            // One that holds leases.
            await gateway.BecomesReadyAsync();
            await Task.Delay(WarmFor);
            Say($"gateway {gateway.Index} is frozen");
            await gateway.FreezeAsync();
            await Task.Delay(Frozen);
            await gateway.ThawAsync();
            Say($"gateway {gateway.Index} runs again");
            // So that it finds out, and goes on for a while.
            await Task.Delay(Cluster.HolderLifetime);
        }
    }

    private async Task KillRedisAsync(Draws draws)
    {
        await Task.Delay(Share(draws, 0.04, 0.1));
        Say("Redis is killed");
        cluster.Redis.Kill();
        // Sometimes longer than gateways ride out.
        await Task.Delay(draws.Between(1000, 8000));
        await cluster.Redis.StartAsync();
        Say("Redis is back");
    }

    private async Task StopPostgresAsync(Draws draws)
    {
        await Task.Delay(Share(draws, 0, 0.4));
        Say("Postgres is stopped");
        await cluster.Postgres.StopAsync();
        await Task.Delay(PostgresAway < length / 2 ? PostgresAway : length / 2);
        await cluster.Postgres.StartAsync();
        Say("Postgres is back");
    }

    private TimeSpan Share(Draws draws, double least, double most) => length * (least + ((most - least) * draws.Between(0, 1000) / 1000));

    private async Task<IDisposable> HoldAsync(RestartableGateway gateway)
    {
        var hold = _gateways[gateway.Index - 1];
        await hold.WaitAsync();
        return new Hold(hold);
    }

    private void Say(string what) => Console.WriteLine($"  {TimeProvider.System.GetElapsedTime(_start).TotalSeconds,5:0.0} s  {what}");

    private sealed class Hold(SemaphoreSlim gateway) : IDisposable
    {
        public void Dispose() => gateway.Release();
    }
}
