using System.Buffers;
using System.Text;
using System.Text.Json;

namespace CredentialProxy.Core.Inspection;

/// <summary>Recognises member names.</summary>
internal static class BodyKeys
{
    /// <summary>Longer names, escapes counted, are none of ours.</summary>
    private const int MaxRawLength = 256;

    /// <summary>So many buckets that most hold one name at most: a lookup is one comparison.</summary>
    private const int Buckets = 512;

    private static readonly (byte[] Name, BodyKey Key)[][] ByHash = GroupByHash();

    // Characters beyond ASCII that are an ASCII letter's other case to Unicode, and so to Go's encoding/json: long s and the Kelvin sign.
    private static readonly (byte[] Utf8, byte Letter)[] FoldedLetters = [("ſ"u8.ToArray(), (byte)'s'), ("\u212A"u8.ToArray(), (byte)'k')];

    // Capitals, and what those two begin with.
    private static readonly SearchValues<byte> OtherCase = SearchValues.Create([.. "ABCDEFGHIJKLMNOPQRSTUVWXYZ"u8, 0xC5, 0xE2]);

    /// <summary>The name that the reader stands on, escaped or not.</summary>
    public static BodyKey Read(ref Utf8JsonReader reader)
    {
        if (!reader.HasValueSequence && !reader.ValueIsEscaped)
        {
            return Parse(reader.ValueSpan);
        }
        Span<byte> name = stackalloc byte[MaxRawLength];
        return Parse(name[..Copy(ref reader, name)]);
    }

    /// <summary>
    /// What the name that the reader stands on would be in lower case. Some servers, those that use Go's encoding/json for one (https://pkg.go.dev/encoding/json#Unmarshal), take
    /// <c>"MODEL"</c> for <c>"model"</c>.
    /// </summary>
    public static BodyKey ReadIgnoringCase(ref Utf8JsonReader reader) => ReadIgnoringCase(ref reader, out _);

    /// <summary>The same, and how it is written in lower case; null where it is none of ours.</summary>
    public static BodyKey ReadIgnoringCase(ref Utf8JsonReader reader, out string? written)
    {
        written = null;
        Span<byte> name = stackalloc byte[MaxRawLength];
        name = name[..Copy(ref reader, name)];
        if (!name.ContainsAny(OtherCase))
        {
            return BodyKey.Other;
        }
        foreach (var (utf8, letter) in FoldedLetters)
        {
            for (var at = name.IndexOf(utf8); at >= 0; at = name.IndexOf(utf8))
            {
                name[at] = letter;
                name[(at + utf8.Length)..].CopyTo(name[(at + 1)..]);
                name = name[..^(utf8.Length - 1)];
            }
        }
        Ascii.ToLowerInPlace(name, out _);
        var key = Parse(name);
        written = key == BodyKey.Other ? null : Encoding.ASCII.GetString(name);
        return key;
    }

    /// <summary>Whether there are capital letters in the name that the reader stands on.</summary>
    public static bool HasCapitals(ref Utf8JsonReader reader)
    {
        Span<byte> name = stackalloc byte[MaxRawLength];
        return name[..Copy(ref reader, name)].ContainsAnyInRange((byte)'A', (byte)'Z');
    }

    private static int Copy(ref Utf8JsonReader reader, scoped Span<byte> name)
    {
        var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        return length <= name.Length ? reader.CopyString(name) : 0;
    }

    private static BodyKey Parse(ReadOnlySpan<byte> name)
    {
        if (!name.IsEmpty)
        {
            foreach (var (known, key) in ByHash[HashOf(name)])
            {
                if (name.SequenceEqual(known))
                {
                    return key;
                }
            }
        }
        return BodyKey.Other;
    }

    private static int HashOf(ReadOnlySpan<byte> name) => ((name.Length * 61) + (name[0] * 7) + name[name.Length / 2] + (name[^1] * 63)) & (Buckets - 1);

    private static (byte[] Name, BodyKey Key)[][] GroupByHash()
    {
        var names = BodyKeyNames.All.Select(static entry => (Name: Encoding.ASCII.GetBytes(entry.Name), entry.Key)).ToLookup(static entry => HashOf(entry.Name));
        return [.. Enumerable.Range(0, Buckets).Select(hash => names[hash].ToArray())];
    }
}
