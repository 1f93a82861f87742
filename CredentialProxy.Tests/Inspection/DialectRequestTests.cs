using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Providers;
using CredentialProxy.Tests.Metering;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Inspection;

/// <summary>What every dialect's requests promise, row by row.</summary>
public sealed class DialectRequestTests
{
    public static TheoryData<DialectRow> All => DialectRows.All;

    [Theory]
    [MemberData(nameof(All))]
    public void A_request_is_read_the_same_wherever_it_is_split(DialectRow row)
    {
        var body = Encoding.UTF8.GetBytes(row.Request);
        var whole = Inspect(row, body);
        for (var split = 0; split <= body.Length; split++)
        {
            AssertSame(whole, Inspect(row, body, split));
        }
        AssertSame(whole, Inspect(row, body, [.. Enumerable.Range(0, body.Length)]));
    }

    [Theory]
    [Trait("threat", "spend-4")]
    [MemberData(nameof(All))]
    public void A_request_tells_what_it_asks_for(DialectRow row)
    {
        var facts = Inspect(row, Encoding.UTF8.GetBytes(row.Request));
        Assert.Equal((row.Model, row.OutputLimit, row.Choices, row.IsStream), (facts.Model, facts.OutputLimit, facts.Choices, facts.IsStream));
        Assert.False(facts.HasUnseenInput);
        Assert.InRange(facts.InputTextBytes, 1, row.Request.Length * 2);
        Assert.True(facts.InputTokenBound > facts.InputTextBytes);
    }

    [Theory]
    [Trait("threat", "spend-3")]
    [MemberData(nameof(All))]
    public void Usage_is_asked_for_where_it_comes_only_then(DialectRow row)
    {
        var facts = Inspect(row, Encoding.UTF8.GetBytes(row.Request));
        var isOnDemand = row.Dialect is Dialect.OpenAIChat or Dialect.OpenAICompletions;
        Assert.Equal(isOnDemand && !row.Request.Contains("include_usage", StringComparison.Ordinal), facts.UsageEdit is not null);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void An_output_limit_can_be_lowered_and_nothing_else_changes(DialectRow row)
    {
        var hasOutput = row.Dialect is not (Dialect.OpenAIEmbeddings or Dialect.GeminiEmbed);
        var body = Encoding.UTF8.GetBytes(row.Request);
        var facts = Inspect(row, body);
        Assert.Equal(hasOutput, facts.TryClampOutput(17, out var edits));
        if (!hasOutput)
        {
            return;
        }
        if (facts.UsageEdit is { } usageEdit)
        {
            edits = edits.With(usageEdit);
        }
        var sent = Bodies.Apply(edits, new(body));
        var again = Inspect(row, Encoding.UTF8.GetBytes(sent));
        Assert.Equal(row.OutputLimit is < 17 ? row.OutputLimit : 17, again.OutputLimit);
        Assert.Null(again.UsageEdit);
        Assert.True(JsonNode.DeepEquals(WithoutLimits(row.Request), WithoutLimits(sent)));
    }

    [Property(MaxTest = 300)]
    public Property A_request_is_read_the_same_however_it_is_split(PositiveInt which, PositiveInt[] offsets)
    {
        var rows = All.Select(data => data.Data).ToArray();
        var row = rows[which.Get % rows.Length];
        var body = Encoding.UTF8.GetBytes(row.Request);
        AssertSame(Inspect(row, body), Inspect(row, body, [.. offsets.Select(offset => offset.Get % body.Length).Order()]));
        return true.ToProperty();
    }

    private static RequestFacts Inspect(DialectRow row, byte[] body, params ReadOnlySpan<int> offsets)
    {
        var error = RequestInspector.Inspect(row.Dialect, Bodies.Split(body, offsets), row.ModelInPath, row.IsStreamPath, out var facts);
        Assert.Null(error);
        return facts;
    }

    private static void AssertSame(RequestFacts expected, RequestFacts actual)
    {
        Assert.Equal(
            (expected.Model, expected.OutputLimit, expected.Choices, expected.IsStream, expected.InputTokenBound, expected.InputTextBytes),
            (actual.Model, actual.OutputLimit, actual.Choices, actual.IsStream, actual.InputTokenBound, actual.InputTextBytes));
        Assert.Equal(
            (expected.ThinkingBudget, expected.HasUnseenInput, expected.HostedTools, expected.WantsCacheWrite, expected.WantsCacheHour, expected.AsksForUsage),
            (actual.ThinkingBudget, actual.HasUnseenInput, actual.HostedTools, actual.WantsCacheWrite, actual.WantsCacheHour, actual.AsksForUsage));
        Assert.Equal((expected.UsageEdit?.Offset, expected.UsageEdit?.RemoveLength), (actual.UsageEdit?.Offset, actual.UsageEdit?.RemoveLength));
        expected.TryClampOutput(100_000, out var edits);
        actual.TryClampOutput(100_000, out var same);
        Assert.Equal(edits.LengthAfter(0), same.LengthAfter(0));
    }

    private static JsonObject WithoutLimits(string body)
    {
        var json = JsonNode.Parse(body)!.AsObject();
        foreach (var name in new[] { "max_tokens", "max_completion_tokens", "max_output_tokens", "stream_options" })
        {
            json.Remove(name);
        }
        foreach (var name in new[] { "generationConfig", "generation_config" })
        {
            if (json[name] is JsonObject config)
            {
                config.Remove("maxOutputTokens");
                config.Remove("max_output_tokens");
            }
        }
        return json;
    }
}
