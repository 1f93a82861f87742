using System.Globalization;

namespace CredentialProxy.Benchmarks.Throughput;

/// <summary>Two servers under the same load in turn, so that both meet the same machine. Ratios are taken pair by pair.</summary>
/// <param name="First">What the other is compared with.</param>
/// <param name="Second">The other.</param>
internal sealed record Turns(Turns.Server First, Turns.Server Second)
{
    private const int Repeats = 7;
    private const int WarmUps = 3;

    /// <summary>A server under load.</summary>
    /// <param name="Name">What it is called in the table.</param>
    /// <param name="LoadAsync">Loads it once.</param>
    public sealed record Server(string Name, Func<Task<Throughput>> LoadAsync);

    /// <summary>Takes the turns, and prints each and the medians.</summary>
    public async Task RunAsync()
    {
        Console.WriteLine("warming up …");
        // Until the runtime has compiled both for good, which it does in steps of its own.
        for (var i = 0; i < WarmUps; i++)
        {
            await First.LoadAsync();
            await Second.LoadAsync();
        }
        var pairs = new List<(Throughput First, Throughput Second)>();
        Console.WriteLine($"repeat   {First.Name + " req/s",18}   {Second.Name + " req/s",18}   ratio   {First.Name + " µs CPU/req",22}   {Second.Name + " µs CPU/req",22}   ratio");
        for (var i = 1; i <= Repeats; i++)
        {
            var (first, second) = (await First.LoadAsync(), await Second.LoadAsync());
            pairs.Add((first, second));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{i,6}   {first.RequestsPerSecond,18:0}   {second.RequestsPerSecond,18:0}   {Rate(first, second),5:0.000}   {first.CpuMicrosecondsPerRequest,22:0.0}   {second.CpuMicrosecondsPerRequest,22:0.0}   {Cpu(first, second),5:0.000}"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"median ratio: throughput {Median(pairs.Select(pair => Rate(pair.First, pair.Second))):0.000}, CPU per request {Median(pairs.Select(pair => Cpu(pair.First, pair.Second))):0.000}"));
    }

    private static double Rate(Throughput first, Throughput second) => second.RequestsPerSecond / first.RequestsPerSecond;

    private static double Cpu(Throughput first, Throughput second) => second.CpuMicrosecondsPerRequest / first.CpuMicrosecondsPerRequest;

    /// <summary>The middle one.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
