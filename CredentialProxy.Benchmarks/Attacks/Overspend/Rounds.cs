using System.Diagnostics;
using System.Globalization;
using CredentialProxy.Benchmarks.Throughput;

namespace CredentialProxy.Benchmarks.Attacks.Overspend;

/// <summary>What came of a round.</summary>
/// <param name="Unit">The unit of its limit.</param>
/// <param name="Behaviour">How the provider behaved.</param>
/// <param name="Request">What was asked.</param>
/// <param name="Limit">The limit.</param>
/// <param name="Spent">What was spent of it in truth.</param>
/// <param name="Charged">What was charged to it; 0 where nothing is.</param>
internal sealed record RoundResult(string Unit, Behaviour Behaviour, string Request, long Limit, long Spent, long Charged)
{
    public double SpentShare => (double)Spent / Limit;

    public double ChargedShare => (double)Charged / Limit;
}

/// <summary>Rounds of two hundred clients on one token, each round with a token and a model of its own.</summary>
internal sealed class Rounds(Product product, MockProcess mock, HttpClient client)
{
    public const int Clients = 200;
    private const int FinalRefusals = 3;
    private const int SensibleMaxTokens = 64;
    private static readonly Script[] Scripts = Enum.GetValues<Script>();
    private static readonly TimeSpan AttackFor = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan CallFor = TimeSpan.FromSeconds(1);
    private int _round;

    /// <summary>Everybody sends whatever may overspend, and takes no notice of being told to wait.</summary>
    public async Task<RoundResult> AttackAsync(string unit, Behaviour behaviour, Draws draws)
    {
        var maxTokens = draws.Between(8, 96);
        var (script, characters) = (draws.Pick<Script>(Scripts), draws.Pick<int>([20, 200, 2000]));
        var streams = draws.Pick<double>([0, 0.5, 1]);
        var typical = new CrowdRequest { Prompt = Prompts.Draw(draws, script, characters), MaxTokens = maxTokens, OutputTokens = maxTokens };
        // Small enough to be spent within the time, whatever the machine makes of long prompts.
        var limit = UnitAmounts.LimitFor(unit, draws.Between(1, characters > 1000 ? 8 : 60), typical);
        var (id, token, model) = await MintAsync(unit, limit, behaviour is Behaviour.Thinking or Behaviour.Mixed ? UnitAmounts.Reasoning : UnitAmounts.Plain);
        var start = Stopwatch.GetTimestamp();
        await CrowdAsync(token, model, draws, async (one, own) =>
        {
            var refused = 0;
            while (refused < FinalRefusals && Stopwatch.GetElapsedTime(start) < AttackFor)
            {
                var misfortune = Misfortune.Draw(behaviour, own, maxTokens, mayLeave: unit != UnitAmounts.Concurrent);
                var ending = await one.SendAsync(new CrowdRequest
                {
                    Prompt = Prompts.Draw(own, script, characters) + (misfortune.Thinks ? $"[[reasoning:{maxTokens - 1}]]" : ""),
                    MaxTokens = maxTokens,
                    OutputTokens = maxTokens,
                    IsStream = own.Chance(streams),
                    AsksForUsage = own.Chance(0.5),
                    Misfortune = misfortune,
                });
                refused += ending.IsFinal ? 1 : 0;
                if (ending.IsRefused)
                {
                    await Task.Delay(own.Between(10, 150));
                }
            }
        });
        return await ResultAsync(unit, behaviour, $"{characters} characters of {script}, at most {maxTokens} tokens, {streams:P0} streams", limit, id, model);
    }

    /// <summary>Everybody behaves, is told the truth by the provider, waits when told to, and goes on until refused for good; of places at a time, for a while.</summary>
    public async Task<RoundResult> CallAsync(string unit, Draws draws)
    {
        var typical = new CrowdRequest { Prompt = Prompts.Sensible, MaxTokens = SensibleMaxTokens, OutputTokens = SensibleMaxTokens };
        var limit = UnitAmounts.LimitFor(unit, draws.Between(30, 60), typical);
        var (id, token, model) = await MintAsync(unit, limit, UnitAmounts.Plain);
        var start = Stopwatch.GetTimestamp();
        await CrowdAsync(token, model, draws, async (one, own) =>
        {
            while (unit != UnitAmounts.Concurrent || Stopwatch.GetElapsedTime(start) < CallFor)
            {
                var ending = await one.SendAsync(typical with
                {
                    OutputTokens = own.Between(SensibleMaxTokens / 2, SensibleMaxTokens),
                    IsStream = own.Chance(0.5),
                    AsksForUsage = own.Chance(0.5),
                    Misfortune = new Misfortune($$"""{"delayMs":{{own.Between(0, 60)}}}"""),
                });
                if (ending.IsFinal)
                {
                    return;
                }
                await Task.Delay(ending.RetryAfter ?? TimeSpan.Zero);
            }
        });
        return await ResultAsync(unit, Behaviour.Plain, "sensible", limit, id, model);
    }

    private async Task<(string Id, string Token, string Model)> MintAsync(string unit, long limit, string family)
    {
        var (id, token) = await product.MintWithAsync([], UnitAmounts.Document(unit, limit));
        return (id, token, string.Create(CultureInfo.InvariantCulture, $"{family}{++_round:000}"));
    }

    private Task CrowdAsync(string token, string model, Draws draws, Func<CrowdClient, Draws, Task> run) =>
        Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => draws.Fork()).ToList().Select(own => run(new CrowdClient(client, product.Gateway, token, model), own)));

    private async Task<RoundResult> ResultAsync(string unit, Behaviour behaviour, string request, long limit, string id, string model)
    {
        var truth = await mock.FinalTruthAsync(model);
        // Never charged: places are given back.
        var charged = unit == UnitAmounts.Concurrent ? 0 : UnitAmounts.OfDocument(unit, await product.SpentAsync(id));
        return new RoundResult(unit, behaviour, request, limit, UnitAmounts.Spent(unit, truth), charged);
    }
}
