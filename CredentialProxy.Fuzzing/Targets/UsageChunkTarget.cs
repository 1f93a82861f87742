using System.Buffers;
using System.Text.Json;
using CredentialProxy.Core.Metering;
using CredentialProxy.Fuzzing.References;

namespace CredentialProxy.Fuzzing.Targets;

/// <summary>
/// The filter that leaves the usage chunk out of a stream. Whatever the bytes are: nothing throws; what leaves is the same however they are cut; it is the stream without some whole events; an event that a plain
/// reading takes for a usage chunk is left out, and one that it reads as anything else is not; and the time grows with the length, which is looked at where the setting says so.
/// Settings: how it is cut, whether the time is looked at.
/// </summary>
internal sealed class UsageChunkTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "usage-chunks";

    /// <inheritdoc/>
    public override IEnumerable<string> Words => JsonWords.Of(["choices", "usage", "id"])
        .Concat(["data: ", "data:", "event: x", ": ", "\n\n", "\r\n\r\n", "\r\r", "\r", "\n", "[DONE]", "\uFEFF", "\"choices\":[],\"usage\":{}", "data: {\"choices\":[],\"usage\":{}}\n\n"]);

    /// <inheritdoc/>
    public override void Run(ReadOnlySpan<byte> input)
    {
        var fuzz = new FuzzInput(input);
        var stream = fuzz.Bytes.ToArray();
        var left = Filter(stream, []);
        foreach (var cuts in Cuts.Of(fuzz, 0))
        {
            Property.SameBytes(left, Filter(stream, cuts), "The same leaves however the stream is cut.");
        }
        var at = 0;
        foreach (var framed in PlainEvents.Of(stream))
        {
            var isSent = left.AsSpan(at).StartsWith(framed.Bytes.Span);
            var isChunk = IsUsageChunk(framed.Data);
            Property.Holds(isSent || isChunk != false, "An event that is no usage chunk is sent.");
            // One event may begin like the next; of two that are the same it does not matter which was left out.
            at += isSent && isChunk != true ? framed.Bytes.Length : 0;
        }
        Property.Same(left.Length, at, "What leaves are whole events, without the usage chunks.");
        if (fuzz.Setting(1) == 1)
        {
            LinearTime.Check(bytes => Filter(bytes, []), stream);
        }
    }

    // Null where a plain reading can't tell: no JSON, or a member twice.
    private static bool? IsUsageChunk(byte[] data)
    {
        using var document = PlainJson.TryParseUnambiguous(data);
        if (document?.RootElement is not { } root)
        {
            return null;
        }
        return root.ValueKind == JsonValueKind.Object
            && root.TryGetProperty("choices", out var choices) && choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() == 0
            && root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object;
    }

    private static byte[] Filter(ReadOnlySpan<byte> stream, int[] cuts)
    {
        var filter = new UsageChunkFilter();
        var output = new ArrayBufferWriter<byte>();
        var start = 0;
        foreach (var cut in cuts)
        {
            filter.Process(stream[start..cut], output);
            start = cut;
        }
        filter.Process(stream[start..], output);
        filter.Complete(output);
        return output.WrittenSpan.ToArray();
    }
}
