using System.Text;
using System.Text.Json;
using BitFaster.Caching.Lru;

namespace CredentialProxy.Core.Inspection.Deciding;

/// <summary>
/// Strings of the model names that requests carry, so that the same name is not made into a string again for each. Bounded, whatever clients send.
/// </summary>
internal static class ModelNames
{
    /// <summary>Longest model name taken, in bytes.</summary>
    public const int MaxLength = 256;

    /// <summary>Most names kept.</summary>
    public const int Capacity = 4096;

    private static readonly ConcurrentLru<int, (byte[] Utf8, string Name)> Known = new(Capacity);

    /// <summary>Names kept at present.</summary>
    public static int Count => Known.Count;

    /// <summary>Reads the model's name, or says what it must be.</summary>
    public static InspectionError? Read(ref Utf8JsonReader reader, out string? name)
    {
        name = null;
        if (reader.TokenType != JsonTokenType.String)
        {
            return new InspectionError("'model' must be a string.", "model");
        }
        Span<byte> utf8 = stackalloc byte[MaxLength];
        var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (length > utf8.Length)
        {
            return new InspectionError($"'model' must be at most {MaxLength} bytes.", "model");
        }
        utf8 = utf8[..reader.CopyString(utf8)];
        if (utf8.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            return new InspectionError("'model' must be made of printable ASCII characters without blanks.", "model");
        }
        name = Get(utf8);
        return null;
    }

    /// <summary>The string of a name.</summary>
    public static string Get(ReadOnlySpan<byte> utf8)
    {
        var hash = new HashCode();
        hash.AddBytes(utf8);
        var key = hash.ToHashCode();
        if (Known.TryGet(key, out var known) && utf8.SequenceEqual(known.Utf8))
        {
            return known.Name;
        }
        var name = Encoding.UTF8.GetString(utf8);
        Known.AddOrUpdate(key, (utf8.ToArray(), name));
        return name;
    }
}
