using System.Buffers;

namespace CredentialProxy.Core.Metering;

/// <summary>Finds the bytes of JSON that give it its structure.</summary>
internal static class JsonStructure
{
    /// <summary>Bytes looked at one by one before vectors pay: in compact JSON the next one is near, in white space it may be far.</summary>
    private const int Near = 8;

    private static readonly SearchValues<byte> Bytes = SearchValues.Create("\"{}[],"u8);

    /// <summary>Index of the first of them; −1 for none.</summary>
    public static int IndexOf(ReadOnlySpan<byte> bytes)
    {
        var near = Math.Min(Near, bytes.Length);
        for (var i = 0; i < near; i++)
        {
            if (bytes[i] is (byte)'"' or (byte)'{' or (byte)'}' or (byte)'[' or (byte)']' or (byte)',')
            {
                return i;
            }
        }
        var far = bytes[near..].IndexOfAny(Bytes);
        return far < 0 ? -1 : near + far;
    }
}
