using System.Globalization;
using System.IO.Compression;
using Microsoft.Extensions.Primitives;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>Content codings (RFC 9110 §8.4.1): which a client takes, and which we can take off.</summary>
internal static class ContentCodings
{
    /// <summary>What asks for an answer as it is.</summary>
    public const string Identity = "identity";

    /// <summary>
    /// Whether a client takes a coding, by its <c>Accept-Encoding</c> (§12.5.3). A client that sends none is taken at its word, although the RFC would let it be sent anything: those
    /// that leave the header out don't decode.
    /// </summary>
    public static bool IsAccepted(StringValues acceptEncoding, string coding)
    {
        var acceptsAny = false;
        foreach (var line in acceptEncoding)
        {
            foreach (var member in line.AsSpan().Split(','))
            {
                var entry = line.AsSpan()[member];
                var semicolon = entry.IndexOf(';');
                var name = (semicolon < 0 ? entry : entry[..semicolon]).Trim();
                var isWanted = semicolon < 0 || !IsZeroWeight(entry[(semicolon + 1)..]);
                if (name.Equals(coding, StringComparison.OrdinalIgnoreCase))
                {
                    return isWanted;
                }
                acceptsAny |= isWanted && name is "*";
            }
        }
        return acceptsAny;
    }

    /// <summary>Whether we can take a coding off.</summary>
    public static bool CanDecode(string coding) => coding is "gzip" or "br" or "deflate";

    /// <summary>The stream without the coding.</summary>
    public static Stream Decode(Stream stream, string coding) => coding switch
    {
        "gzip" => new GZipStream(stream, CompressionMode.Decompress),
        "br" => new BrotliStream(stream, CompressionMode.Decompress),
        "deflate" => new ZLibStream(stream, CompressionMode.Decompress),
        _ => throw new ArgumentOutOfRangeException(nameof(coding), coding, "A coding that can't be taken off."),
    };

    private static bool IsZeroWeight(ReadOnlySpan<char> parameter)
    {
        var equals = parameter.IndexOf('=');
        return equals > 0 && parameter[..equals].Trim().Equals("q", StringComparison.OrdinalIgnoreCase)
            && double.TryParse(parameter[(equals + 1)..], NumberStyles.AllowDecimalPoint | NumberStyles.AllowTrailingWhite | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var weight)
            && weight == 0;
    }
}
