using System.Buffers;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Fuzzing.References;

/// <summary>The changes that the gateway makes to a body: each kind by itself, and all of them at once.</summary>
internal readonly record struct GatewayEdits
{
    private const int ToolCalls = 5;
    private const decimal PromptUsd = 2.5m;
    private const decimal CompletionUsd = 15;

    private readonly BodyEdits _edits;

    private GatewayEdits(BodyEdits edits, bool asksForUsage, bool isClamped, bool isOfStandardTier) =>
        (_edits, AsksForUsage, IsClamped, IsOfStandardTier) = (edits, asksForUsage, isClamped, isOfStandardTier);

    /// <summary>Whether usage must be asked for afterwards.</summary>
    public bool AsksForUsage { get; }

    /// <summary>Whether the output limit was lowered.</summary>
    public bool IsClamped { get; }

    /// <summary>Whether the tier was held to the standard one.</summary>
    public bool IsOfStandardTier { get; }

    /// <summary>The changes.</summary>
    public static IReadOnlyList<GatewayEdits> Of(InspectedCall call, in RequestFacts facts, long limit, bool absentTierMeansOther)
    {
        var usage = facts.UsageEdit is { } edit ? default(BodyEdits).With(edit) : default;
        var tier = ForcedMembers.StandardTier(facts, call.Dialect, absentTierMeansOther);
        var tools = ForcedMembers.ToolCalls(facts, call.Dialect, ToolCalls);
        var canClamp = facts.TryClampOutput(limit, out var clamp);
        var price = default(BodyEdits);
        if (call.Dialect is not (Dialect.GeminiGenerate or Dialect.GeminiEmbed) && ForcedMembers.TryBoundRouterPrice(facts, PromptUsd, CompletionUsd, out var bound))
        {
            price = bound;
        }
        return
        [
            new(usage, facts.UsageEdit is not null, false, false),
            new(tier, false, false, !tier.IsEmpty),
            new(tools, false, false, false),
            new(price, false, false, false),
            new(clamp, false, canClamp, false),
            new(usage.With(tier).With(tools).With(price).With(clamp), facts.UsageEdit is not null, canClamp, !tier.IsEmpty),
        ];
    }

    /// <summary>The body as it is sent. It is also put together here, byte by byte, so that nothing else can have changed.</summary>
    public byte[] Apply(byte[] body)
    {
        using var sent = new MemoryStream();
        using (var stream = _edits.Open(new ReadOnlySequence<byte>(body)))
        {
            stream.CopyTo(sent);
        }
        var expected = new List<byte>();
        var at = 0;
        foreach (var edit in _edits.All)
        {
            expected.AddRange(body.AsSpan(at, (int)edit.Offset - at));
            expected.AddRange(edit.Insert.Span);
            at = (int)edit.Offset + edit.RemoveLength;
            Property.Holds(IsScalar(body.AsSpan((int)edit.Offset, edit.RemoveLength)), "What is replaced is one number, text or literal.");
        }
        expected.AddRange(body.AsSpan(at));
        Property.SameBytes([.. expected], sent.ToArray(), "Every other byte is as it was.");
        Property.Same(expected.Count, _edits.LengthAfter(body.Length), "The length is known beforehand.");
        return sent.ToArray();
    }

    private static bool IsScalar(ReadOnlySpan<byte> replaced)
    {
        if (replaced.IsEmpty)
        {
            return true;
        }
        var reader = new System.Text.Json.Utf8JsonReader(replaced);
        return reader.Read() && reader.TokenType is not (System.Text.Json.JsonTokenType.StartObject or System.Text.Json.JsonTokenType.StartArray) && reader.BytesConsumed == replaced.Length;
    }
}
