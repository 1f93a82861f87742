using System.Text;
using BitFaster.Caching.Lru;

namespace CredentialProxy.Core.Inspection;

/// <summary>
/// Strings of the model names that requests carry, so that the same name is not made into a string again for each. Bounded, whatever clients send.
/// </summary>
internal static class ModelNames
{
    /// <summary>Longest model name taken, in bytes.</summary>
    public const int MaxLength = 256;

    private const int Capacity = 4096;

    private static readonly ConcurrentLru<int, (byte[] Utf8, string Name)> Known = new(Capacity);

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
