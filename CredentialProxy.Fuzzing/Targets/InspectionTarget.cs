using System.Buffers;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Providers;
using CredentialProxy.Fuzzing.References;

namespace CredentialProxy.Fuzzing.Targets;

/// <summary>
/// Bodies of every dialect. Whatever the bytes are: nothing throws; what System.Text.Json calls malformed is refused; facts and refusals are the same however the body is cut; a body that is taken and has
/// no member twice says what a plain reading of the whole document says; and after the changes that the gateway may make the result parses, has no member twice, every other byte is as it was, and
/// it says what was to be said.
/// Settings: dialect, model in the path, whether the path asks for a stream, how it is cut, the output limit that is put in, whether an absent tier means another.
/// </summary>
internal sealed class InspectionTarget : FuzzTarget
{
    private static readonly Dialect[] Dialects = [.. Enum.GetValues<Dialect>().Where(dialect => dialect != Dialect.None)];
    private static readonly string?[] PathModels = [null, "gemini-2.5-pro"];

    /// <inheritdoc/>
    public override string Name => "inspection";

    /// <inheritdoc/>
    public override IEnumerable<string> Words => JsonWords.Of(BodyKeyNames.All.Select(entry => entry.Name)).Concat(["\"flex\"", "\"priority\"", "\"fast\"", "\"us\"", "\"function\"", "\"web_search\"", "\"web_search_20250305\"", "\"item_reference\"",
        "\"image\"", "\"ephemeral\"", "\"1h\"", "\"text\"", "\"audio\"", "\"local\"", "\"shell\"", "\"mcp\"", "\"container_auto\"", "\"16g\"", "\"openrouter/auto\"", "\"web\"", "\"additional_tools\"", "\"MODEL\":", "\"max_to\u212Aens\":"]);

    /// <inheritdoc/>
    public override void Run(ReadOnlySpan<byte> input)
    {
        var fuzz = new FuzzInput(input);
        var body = fuzz.Bytes.ToArray();
        var call = new InspectedCall(fuzz.Pick<Dialect>(0, Dialects), fuzz.Pick<string?>(1, PathModels), fuzz.Setting(2) % 2 == 1);
        var error = call.Inspect(new ReadOnlySequence<byte>(body), out var facts);
        foreach (var cuts in Cuts.Of(fuzz, 3))
        {
            var again = call.Inspect(CutBody.Of(body, cuts), out var cutFacts);
            Property.Same(error, again, "A refusal is the same however the body is cut.");
            Property.Same(FactsText.Of(facts), FactsText.Of(cutFacts), "What a body says is the same however it is cut.");
        }
        using var document = PlainJson.TryParse(body);
        Property.Holds(document is not null || error is not null, "What is malformed is refused.");
        if (error is null)
        {
            CheckTaken(call, facts, body, fuzz);
        }
    }

    private static void CheckTaken(InspectedCall call, in RequestFacts facts, byte[] body, in FuzzInput fuzz)
    {
        using var document = PlainJson.TryParseUnambiguous(body);
        if (document is not null)
        {
            Property.Same(PlainReading.Of(call, document.RootElement), PlainReading.Of(facts), "A body says what a plain reading says.");
        }
        var limit = 1L << (fuzz.Setting(4) % 24);
        foreach (var edits in GatewayEdits.Of(call, facts, limit, absentTierMeansOther: fuzz.Setting(5) % 2 == 1))
        {
            CheckEdited(call, facts, body, edits, limit, isWithoutDuplicates: document is not null);
        }
    }

    private static void CheckEdited(InspectedCall call, in RequestFacts facts, byte[] body, in GatewayEdits edits, long limit, bool isWithoutDuplicates)
    {
        var sent = edits.Apply(body);
        using var document = isWithoutDuplicates ? PlainJson.TryParseUnambiguous(sent) : PlainJson.TryParse(sent);
        Property.Holds(document is not null, "An edited body parses, and has no member twice where it had none.");
        var error = call.Inspect(new ReadOnlySequence<byte>(sent), out var again);
        Property.Same(null, error, "An edited body is taken.");
        Property.Same((facts.Model, facts.IsStream, facts.Choices, facts.HostedTools, facts.ThinkingBudget), (again.Model, again.IsStream, again.Choices, again.HostedTools, again.ThinkingBudget), "An edit changes what it means to change, and no more.");
        Property.Holds(!edits.AsksForUsage || (again.AsksForUsage && again.UsageEdit is null), "Usage is asked for.");
        Property.Holds(!edits.IsClamped || again.OutputLimit <= limit, "No output limit is above what it was lowered to.");
        Property.Holds(!edits.IsOfStandardTier || again.Places.AsksForStandardTier || again.Terms.Tier == Core.Pricing.ServiceTier.Standard, "The tier is the standard one.");
    }
}
