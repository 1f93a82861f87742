using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace CredentialProxy.Core.Inspection;

/// <summary>
/// Refuses what is not UTF-8 through and through (RFC 8259 §8.1): of bytes that are none, one decoder drops some, another replaces them and a third takes an overlong form for a
/// quotation mark, so that what we read need not be what the provider reads.
/// </summary>
internal static class BodyEncoding
{
    private const int LongestSequence = 4;

    /// <summary>Says what is wrong with the body's encoding; null when nothing is.</summary>
    public static InspectionError? Refuse(ReadOnlySequence<byte> body)
    {
        Span<byte> start = stackalloc byte[3];
        start = start[..(int)Math.Min(start.Length, body.Length)];
        body.Slice(0, start.Length).CopyTo(start);
        if (start.StartsWith("\uFEFF"u8))
        {
            return new InspectionError("The body begins with a byte order mark; JSON is sent without one.");
        }
        // In UTF-16 every other byte of an ASCII character is 0.
        if (start.Contains((byte)0) || start is [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..])
        {
            return new InspectionError("The body must be JSON in UTF-8, not in UTF-16 or UTF-32.");
        }
        var isUtf8 = body.IsSingleSegment ? Utf8.IsValid(body.FirstSpan) : IsUtf8(body);
        return isUtf8 ? null : new InspectionError("The body is not valid UTF-8.");
    }

    private static bool IsUtf8(ReadOnlySequence<byte> body)
    {
        Span<byte> seam = stackalloc byte[LongestSequence];
        var carried = 0;
        foreach (var memory in body)
        {
            var rest = memory.Span;
            while (carried > 0 && !rest.IsEmpty)
            {
                // A character that began in the segment before, a byte at a time.
                seam[carried++] = rest[0];
                rest = rest[1..];
                var status = Rune.DecodeFromUtf8(seam[..carried], out _, out _);
                if (status == OperationStatus.InvalidData)
                {
                    return false;
                }
                carried = status == OperationStatus.Done ? 0 : carried;
            }
            var whole = rest[..^IncompleteAtEnd(rest)];
            if (!Utf8.IsValid(whole))
            {
                return false;
            }
            if (whole.Length < rest.Length)
            {
                rest[whole.Length..].CopyTo(seam);
                carried = rest.Length - whole.Length;
            }
        }
        return carried == 0;
    }

    // How many bytes at the end begin a character that goes on after it.
    private static int IncompleteAtEnd(ReadOnlySpan<byte> bytes)
    {
        for (var count = 1; count < LongestSequence && count <= bytes.Length; count++)
        {
            var last = bytes[^count];
            if ((last & 0xC0) != 0x80)
            {
                var length = last switch { >= 0xF0 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 };
                return length > count ? count : 0;
            }
        }
        return 0;
    }
}
