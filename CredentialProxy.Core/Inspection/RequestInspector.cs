using System.Buffers;
using System.Text.Json;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection;

/// <summary>Reads a request's body once and tells what it will cost, as the provider would read it; or what is wrong with it.</summary>
public static class RequestInspector
{
    /// <summary>Deepest nesting taken; the SDKs' deepest, tool schemas, stay far below it.</summary>
    public const int MaxDepth = 64;

    /// <summary>Inspects a body.</summary>
    /// <param name="dialect">How to read it.</param>
    /// <param name="body">The whole body.</param>
    /// <param name="modelInPath">The model that the path names, null for none.</param>
    /// <param name="isStreamPath">Whether the path asks for a stream.</param>
    /// <param name="facts">What it says.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static InspectionError? Inspect(Dialect dialect, ReadOnlySequence<byte> body, string? modelInPath, bool isStreamPath, out RequestFacts facts)
    {
        facts = default;
        if (body.IsEmpty)
        {
            return new InspectionError("The request has no body; a JSON object is needed.");
        }
        if ((BodyEncoding.Refuse(body) ?? RefuseEnd(body)) is { } error)
        {
            return error;
        }
        var reader = body.IsSingleSegment
            ? new Utf8JsonReader(body.FirstSpan, new JsonReaderOptions { MaxDepth = MaxDepth })
            : new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        var walk = new BodyWalk(dialect);
        try
        {
            if (walk.Run(ref reader) is { } wrong)
            {
                return wrong;
            }
        }
        catch (JsonException e)
        {
            var place = $"line {(e.LineNumber ?? 0) + 1}, byte {e.BytePositionInLine ?? 0}";
            return new InspectionError($"The body is not valid JSON (UTF-8, no comments, no trailing commas, nested at most {MaxDepth} deep): see {place}.");
        }
        catch (InvalidOperationException)
        {
            return new InspectionError("The body holds a name or value with an escape that stands for no character.");
        }
        return walk.Conclude(modelInPath, isStreamPath, out facts);
    }

    // An object can end in nothing else. Utf8JsonReader itself fails with an IndexOutOfRangeException on a body that breaks off in the middle of "null"
    // when empty segments follow.
    private static InspectionError? RefuseEnd(ReadOnlySequence<byte> body) => LastByte(body) is (byte)'}' or (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'
        ? null
        : new InspectionError("The body must be one whole JSON object, and doesn't end like one.");

    private static byte LastByte(ReadOnlySequence<byte> body)
    {
        Span<byte> last = stackalloc byte[1];
        body.Slice(body.Length - 1).CopyTo(last);
        return last[0];
    }
}
