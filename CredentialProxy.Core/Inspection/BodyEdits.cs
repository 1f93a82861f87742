using System.Buffers;
using CredentialProxy.Core.Inspection.Extras;

namespace CredentialProxy.Core.Inspection;

/// <summary>Some changes to a body, in the order of their offsets and without overlap.</summary>
public readonly struct BodyEdits
{
    /// <summary>The usage option, two names of an output limit, the tier, two price bounds, a bound on calls for each tool, and some to spare.</summary>
    public const int MaxCount = 8 + RequestedFeatures.MaxCount;

    private readonly BodyEdit[]? _edits;

    private BodyEdits(BodyEdit[] edits) => _edits = edits;

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _edits is null;

    internal ReadOnlySpan<BodyEdit> All => _edits;

    /// <summary>These and one more.</summary>
    /// <exception cref="InvalidOperationException">There would be more than <see cref="MaxCount"/>, or two would overlap.</exception>
    public BodyEdits With(BodyEdit edit)
    {
        if (_edits is null)
        {
            return new BodyEdits([edit]);
        }
        BodyEdit[] edits = [.. _edits, edit];
        if (edits.Length > MaxCount)
        {
            throw new InvalidOperationException("A body is edited in too many places.");
        }
        Array.Sort(edits, static (a, b) => a.Offset.CompareTo(b.Offset));
        for (var i = 1; i < edits.Length; i++)
        {
            if (edits[i - 1].Offset + edits[i - 1].RemoveLength > edits[i].Offset)
            {
                throw new InvalidOperationException("Two edits of a body overlap.");
            }
        }
        return new BodyEdits(edits);
    }

    /// <summary>These and all of the others.</summary>
    public BodyEdits With(BodyEdits others)
    {
        if (_edits is null || others._edits is null)
        {
            return _edits is null ? others : this;
        }
        var result = this;
        foreach (var edit in others._edits)
        {
            result = result.With(edit);
        }
        return result;
    }

    /// <summary>How long a body of this length is afterwards.</summary>
    public long LengthAfter(long length)
    {
        foreach (var edit in _edits ?? [])
        {
            length += edit.Insert.Length - edit.RemoveLength;
        }
        return length;
    }

    /// <summary>The body with the changes made, read forward only. The original must stay as it is until the stream has been read.</summary>
    public Stream Open(ReadOnlySequence<byte> body) => new SequenceStream(Apply(body));

    /// <summary>The body with the changes made. Only the list of pieces is new; their bytes stay where they are.</summary>
    public ReadOnlySequence<byte> Apply(ReadOnlySequence<byte> body)
    {
        if (_edits is null)
        {
            return body;
        }
        Piece? first = null;
        Piece? last = null;
        var position = 0L;
        foreach (var edit in _edits)
        {
            Append(ref first, ref last, body.Slice(position, edit.Offset - position));
            last = Piece.After(ref first, last, edit.Insert);
            position = edit.Offset + edit.RemoveLength;
        }
        Append(ref first, ref last, body.Slice(position));
        return first is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }

    private static void Append(ref Piece? first, ref Piece? last, ReadOnlySequence<byte> bytes)
    {
        foreach (var memory in bytes)
        {
            last = Piece.After(ref first, last, memory);
        }
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        private Piece(ReadOnlyMemory<byte> memory, Piece? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }

        public static Piece? After(ref Piece? first, Piece? last, ReadOnlyMemory<byte> memory)
        {
            if (memory.IsEmpty)
            {
                return last;
            }
            var piece = new Piece(memory, last);
            first ??= piece;
            return piece;
        }
    }
}
