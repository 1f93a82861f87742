using System.Buffers;
using System.Text;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Providers;
using CredentialProxy.Fuzzing;

namespace CredentialProxy.Tests.Inspection;

/// <summary>Makes bodies in pieces, and inspects them.</summary>
internal static class Bodies
{
    /// <summary>A body in segments that begin at these offsets.</summary>
    public static ReadOnlySequence<byte> Split(ReadOnlyMemory<byte> body, params ReadOnlySpan<int> offsets) => CutBody.Of(body, offsets);

    public static RequestFacts Read(Dialect dialect, string body, string? modelInPath = null)
    {
        var error = RequestInspector.Inspect(dialect, new(Encoding.UTF8.GetBytes(body)), modelInPath, isStreamPath: false, out var facts);
        Assert.True(error is null, error?.Message);
        return facts;
    }

    public static InspectionError Refuse(Dialect dialect, byte[] body, string? modelInPath = null)
    {
        var error = RequestInspector.Inspect(dialect, new(body), modelInPath, isStreamPath: false, out _);
        Assert.NotNull(error);
        Assert.InRange(error.Message.Length, 1, 1000);
        return error;
    }

    public static InspectionError Refuse(Dialect dialect, string body, string? modelInPath = null) => Refuse(dialect, Encoding.UTF8.GetBytes(body), modelInPath);

    /// <summary>The body as it is sent after the edits.</summary>
    public static string Apply(BodyEdits edits, ReadOnlySequence<byte> body)
    {
        using var stream = edits.Open(body);
        using var sent = new MemoryStream();
        stream.CopyTo(sent, 7);
        Assert.Equal(edits.LengthAfter(body.Length), sent.Length);
        return Encoding.UTF8.GetString(sent.ToArray());
    }
}
