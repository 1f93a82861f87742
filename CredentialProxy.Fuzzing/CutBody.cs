using System.Buffers;

namespace CredentialProxy.Fuzzing;

/// <summary>Makes bodies in segments, as a pipe hands them on.</summary>
internal static class CutBody
{
    /// <summary>The body in segments that begin at these offsets.</summary>
    public static ReadOnlySequence<byte> Of(ReadOnlyMemory<byte> body, params ReadOnlySpan<int> cuts)
    {
        var first = new Segment(default, null);
        var last = first;
        var start = 0;
        foreach (var cut in cuts)
        {
            last = new Segment(body[start..cut], last);
            start = cut;
        }
        last = new Segment(body[start..], last);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
