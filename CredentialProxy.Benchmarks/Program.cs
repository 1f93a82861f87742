using System.Globalization;
using BenchmarkDotNet.Running;
using CredentialProxy.Benchmarks.Accounts;
using CredentialProxy.Benchmarks.Attacks.Abuse;
using CredentialProxy.Benchmarks.Attacks.Memory;
using CredentialProxy.Benchmarks.Attacks.Overspend;
using CredentialProxy.Benchmarks.Attacks.Refusals;
using CredentialProxy.Benchmarks.Chaos;
using CredentialProxy.Benchmarks.Chaos.Breaking;
using CredentialProxy.Benchmarks.Directories;
using CredentialProxy.Benchmarks.Neighbours;
using CredentialProxy.Benchmarks.Ownership;
using CredentialProxy.Benchmarks.Recorder;
using CredentialProxy.Benchmarks.Rolling;
using CredentialProxy.Benchmarks.Streams;
using CredentialProxy.Benchmarks.Throughput;
using CredentialProxy.Benchmarks.UsageQueries;
using CredentialProxy.Benchmarks.UsageScale;

return args switch
{
    ["bare", var port, var upstream] => await BareForwarder.RunAsync(int.Parse(port), upstream),
    ["throughput", ..] => await ThroughputComparison.RunAsync(args.ElementAtOrDefault(1) is { } seconds ? int.Parse(seconds) : 8),
    ["shapes", ..] => await ShapeComparison.RunAsync(args.ElementAtOrDefault(1) is { } seconds ? int.Parse(seconds) : 8),
    ["tracing", ..] => await TracingComparison.RunAsync(args.ElementAtOrDefault(1) is { } seconds ? int.Parse(seconds) : 8),
    ["streams", ..] => await StreamMeasurements.RunAsync(),
    ["neighbours", ..] => await NeighbourMeasurements.RunAsync(args.ElementAtOrDefault(1) is { } seconds ? int.Parse(seconds) : 8),
    ["overspend", ..] => await OverspendMeasurement.RunAsync(
        args.ElementAtOrDefault(1) is { } runs ? int.Parse(runs) : 100,
        args.ElementAtOrDefault(2) is { } seed ? ulong.Parse(seed, CultureInfo.InvariantCulture) : null,
        args.ElementAtOrDefault(3) is { } behaviour ? Enum.Parse<Behaviour>(behaviour, ignoreCase: true) : null),
    ["refusals", ..] => await RefusalTimes.RunAsync(args.ElementAtOrDefault(1) is { } looks ? int.Parse(looks) : 2000),
    ["memory"] => await MemoryMeasurement.RunAsync(),
    ["abuse"] => await AbuseMeasurement.RunAsync(),
    ["usage-query", ..] => await UsageQueryMeasurement.RunAsync(args.ElementAtOrDefault(1) is { } rows ? int.Parse(rows, CultureInfo.InvariantCulture) : 1_000_000),
    ["usage-fill", var connection, var rows] => await UsageScaleMeasurement.FillAsync(connection, long.Parse(rows, CultureInfo.InvariantCulture)),
    ["usage-ask", var connection] => await UsageScaleMeasurement.AskAsync(connection),
    ["usage-drop", var connection] => await UsageScaleMeasurement.DropAsync(connection),
    ["projection", ..] => await ProjectionMeasurement.RunAsync(args.ElementAtOrDefault(1) is { } tokens ? int.Parse(tokens, CultureInfo.InvariantCulture) : 100_000),
    ["chaos", ..] => await ChaosMeasurement.RunAsync(SecondsOf(args), SeedOf(args), args.ElementAtOrDefault(3) is { } breakage ? Enum.Parse<Breakage>(breakage, ignoreCase: true) : null),
    ["chaos-broken", ..] => await ChaosMeasurement.RunBrokenAsync(SecondsOf(args), SeedOf(args)),
    ["recorder", ..] => await RecorderMeasurement.RunAsync(args.ElementAtOrDefault(1) is { } entries ? int.Parse(entries, CultureInfo.InvariantCulture) : 200_000),
    ["accounts"] => await AccountMeasurement.RunAsync(),
    ["settlements", ..] => await SettlementMeasurement.RunAsync(args.ElementAtOrDefault(1) is { } settled ? int.Parse(settled, CultureInfo.InvariantCulture) : 50_000),
    ["owners", ..] => await OwnersMeasurement.RunAsync(args.ElementAtOrDefault(1) is { } objects ? int.Parse(objects, CultureInfo.InvariantCulture) : 200_000),
    ["rolling", ..] => await RollingMeasurement.RunAsync(
        args.ElementAtOrDefault(1) is { } pause ? int.Parse(pause, CultureInfo.InvariantCulture) : 3, args.ElementAtOrDefault(2) is { } rounds ? int.Parse(rounds, CultureInfo.InvariantCulture) : 5),
    ["micro", .. var rest] => RunMicroBenchmarks(rest),
    _ => Usage(),
};

static int SecondsOf(string[] args) => args.ElementAtOrDefault(1) is { } seconds ? int.Parse(seconds, CultureInfo.InvariantCulture) : 60;

static ulong? SeedOf(string[] args) => args.ElementAtOrDefault(2) is { } seed ? ulong.Parse(seed, CultureInfo.InvariantCulture) : null;

static int RunMicroBenchmarks(string[] args)
{
    BenchmarkSwitcher.FromAssembly(typeof(BareForwarder).Assembly).Run(args);
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine("""
        throughput [SECONDS]  requests per second, CPU and bytes per request beside a bare YARP forwarder (needs wrk and nginx)
        shapes [SECONDS]      the same of a gateway on Redis beside Standalone, each on half of a processor (needs root, wrk, nginx, taskset, redis-server and a Postgres server's binaries)
        tracing [SECONDS]     what telemetry costs at 0, 1 and 100 % sampling, beside none (needs wrk and nginx)
        streams               time to first SSE byte, and memory per open idle stream
        neighbours [SECONDS]  what a token's flood of refused requests does to another token's latency (needs nginx)
        overspend [RUNS] [SEED] [BEHAVIOUR]
                              how much of a limit 200 clients at once can spend whatever the provider does, and how much well-behaved ones can use
        refusals [LOOKS]      how long tokens that prove nothing are looked at, by why they don't
        memory                what uploads, downloads, huge events, open streams and slow readers add to the gateway's memory
        abuse                 what slow clients and floods do to a good client and to the gateway's memory (needs slowhttptest and h2load)
        usage-query [ROWS]    how fast usage is written to Postgres, and how long sums over a year of it take (needs a Postgres server's binaries)
        usage-fill CONNECTION ROWS
                              fills an empty Postgres database with a year of usage, by the server itself
        usage-ask CONNECTION  how long sums over that year take in every grouping and filter, how long pages of its records, and how fast records are written beside them
        usage-drop CONNECTION how long the oldest month of records takes to go
        projection [TOKENS]   how long tokens take from Postgres to Redis and to a gateway, and what they take in memory (needs a Postgres server's binaries and redis-server)
        chaos [SECONDS] [SEED] [BREAKAGE]
                              whether limits hold and no usage is lost when gateways, Redis and Postgres are killed under load (needs a Postgres server's binaries and redis-server)
        chaos-broken [SECONDS] [SEED]
                              the same with gateways that are broken in each of several ways: each time it must fail
        recorder [ENTRIES]    how fast usage goes from Redis' stream into Postgres (needs redis-server and a Postgres server's binaries)
        accounts              what reserving and settling costs, locally and through a file and Redis (needs redis-server)
        settlements [COUNT]   what a settlement costs Redis and the gateway that sends it (needs redis-server)
        owners [OBJECTS]      how fast owners of stored objects are noted, recorded, and put back when Redis has lost them (needs redis-server and a Postgres server's binaries)
        rolling [SECONDS] [ROUNDS]
                              whether a request fails when two gateways behind haproxy are replaced one after the other, so many seconds apart (needs haproxy, redis-server and a Postgres server's binaries)
        micro [ARGS]          BenchmarkDotNet micro-benchmarks
        """);
    return 2;
}
