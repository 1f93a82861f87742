using CredentialProxy.Core.Inspection;

namespace CredentialProxy.Fuzzing.References;

/// <summary>Writes out all that an inspection has found, so that two can be compared.</summary>
internal static class FactsText
{
    /// <summary>Writes.</summary>
    public static string Of(in RequestFacts facts) => string.Join('\n',
    [
        $"{facts.Model} {facts.IsStream} {facts.OutputLimit} {facts.Choices} {facts.InputTokenBound} {facts.InputTextBytes} {facts.ThinkingBudget}",
        $"{facts.HasUnseenInput} {facts.HasReference} {facts.HostedTools} {facts.WantsCacheWrite} {facts.WantsCacheHour} {facts.AsksForUsage}",
        $"{facts.PredictionTokenBound} {facts.WantsCompaction} {facts.HasImages} {facts.Outputs} {facts.Terms} {facts.UnknownTerm} {Of(facts.UsageEdit)}",
        $"{facts.Places.Tier} {facts.Places.AsksForStandardTier} {OfClamp(facts, 1)} {OfClamp(facts, 100_000)} {OfPrice(facts)}",
        .. facts.Features is { } features
            ? [$"{features.All} {features.MaxToolCalls} {features.StopsToolsItself} {features.ToolCallsPlace}", .. features.Tools.Select(tool => $"{tool}"), .. features.Models]
            : (IEnumerable<string>)[],
    ]);

    private static string Of(BodyEdit? edit) => edit is { } change ? $"{change.Offset} {change.RemoveLength} {System.Text.Encoding.UTF8.GetString(change.Insert.Span)}" : "-";

    private static string Of(in BodyEdits edits)
    {
        var texts = new List<string>();
        foreach (var edit in edits.All)
        {
            texts.Add(Of(edit));
        }
        return string.Join(", ", texts);
    }

    private static string OfClamp(in RequestFacts facts, long tokens) => facts.TryClampOutput(tokens, out var edits) ? Of(edits) : "-";

    private static string OfPrice(in RequestFacts facts) => facts.Places.Router is { } router ? router.TryBound(1, 2, out var edits) ? Of(edits) : "unusable" : "-";
}
