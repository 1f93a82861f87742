using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using CredentialProxy.Benchmarks.Throughput;

namespace CredentialProxy.Benchmarks.Attacks.Overspend;

/// <summary>
/// Whether two hundred clients at once can spend more than a token's limit, whatever the provider does, and whether well-behaved ones can spend nearly all of it.
/// What was spent is what the mock says it has done, never what the gateway says.
/// </summary>
internal static class OverspendMeasurement
{
    private const int MockPort = 18610;
    private const int GatewayPort = 18611;
    private const int ControlPort = 18612;
    private const double MostSpent = 1;
    private const double LeastUsable = 0.9;

    public static async Task<int> RunAsync(int runs, ulong? seed, Behaviour? only)
    {
        var chosen = seed ?? (ulong)RandomNumberGenerator.GetInt32(int.MaxValue);
        var prices = Path.GetTempFileName();
        await File.WriteAllTextAsync(prices, UnitAmounts.PriceFile);
        using var mock = await MockProcess.StartAsync(MockPort);
        using var product = await Product.StartAsync(mock.Address, GatewayPort, ControlPort, logLevel: "Error", ("Pricing__File", prices));
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var rounds = new Rounds(product, mock, client);
        var draws = new Draws(chosen);

        Console.WriteLine($"{runs} runs of {Rounds.Clients} clients on one token; seed {chosen}");
        var (attacks, calls) = (new List<RoundResult>(), new List<RoundResult>());
        Behaviour[] behaviours = only is { } one ? [one] : Enum.GetValues<Behaviour>();
        var start = Stopwatch.GetTimestamp();
        for (var run = 0; run < runs; run++)
        {
            var unit = UnitAmounts.All[run % UnitAmounts.All.Count];
            // Every unit meets every behaviour.
            var behaviour = behaviours[run / UnitAmounts.All.Count % behaviours.Length];
            attacks.Add(await rounds.AttackAsync(unit, behaviour, draws.Fork()));
            calls.Add(await rounds.CallAsync(unit, draws.Fork()));
            if (only is not null || attacks[^1].SpentShare > MostSpent || calls[^1].SpentShare is > MostSpent or < LeastUsable)
            {
                Console.WriteLine($"run {run}: {attacks[^1]}; well-behaved {calls[^1]}");
            }
        }
        File.Delete(prices);
        Print(attacks, calls);
        var (most, least) = (attacks.Concat(calls).Max(result => result.SpentShare), calls.Min(result => result.SpentShare));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"highest spent/limit {most:0.0000} (at most {MostSpent}), least usable by well-behaved clients {least:0.000} (at least {LeastUsable}), {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s"));
        return most <= MostSpent && least >= LeastUsable ? 0 : 1;
    }

    private static void Print(List<RoundResult> attacks, List<RoundResult> calls)
    {
        Console.WriteLine("limit in     runs   spent/limit highest   median   charged/limit highest   usable least   median");
        foreach (var unit in UnitAmounts.All.Where(unit => attacks.Any(result => result.Unit == unit)))
        {
            var (spent, usable) = (attacks.Where(result => result.Unit == unit).ToList(), calls.Where(result => result.Unit == unit).ToList());
            Console.WriteLine(
                $"{unit,-10} {spent.Count,6}   {UnitAmounts.Percent(spent.Max(result => result.SpentShare)),19}  {UnitAmounts.Percent(Median(spent))}   {UnitAmounts.Percent(spent.Max(result => result.ChargedShare)),21}   {UnitAmounts.Percent(usable.Min(result => result.SpentShare)),12}  {UnitAmounts.Percent(Median(usable))}");
        }
        Console.WriteLine("provider     runs   spent/limit highest   median   charged/limit highest");
        foreach (var group in attacks.GroupBy(result => result.Behaviour))
        {
            Console.WriteLine(
                $"{group.Key,-10} {group.Count(),6}   {UnitAmounts.Percent(group.Max(result => result.SpentShare)),19}  {UnitAmounts.Percent(Median([.. group]))}   {UnitAmounts.Percent(group.Max(result => result.ChargedShare)),21}");
        }
    }

    private static double Median(List<RoundResult> results) => results.Select(result => result.SpentShare).Order().ElementAt(results.Count / 2);
}
