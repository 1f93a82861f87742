using System.IO.Compression;
using Microsoft.Net.Http.Headers;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// How an answer's content is coded (RFC 9110 §8.4.1). The upstream is asked for none, since meter and redactor must read what passes; one that comes all the same is taken off, and an
/// answer in one that can't be is not passed on.
/// </summary>
internal static class ContentCodings
{
    /// <summary>What asks for an answer as it is.</summary>
    public const string Identity = "identity";

    /// <summary>An answer's coding in lower case; null for none. Several stand together, separated by commas.</summary>
    public static string? Of(HttpResponseMessage response)
    {
        // HttpClient takes the chunks off; another transfer coding (RFC 9112 §7.2), which nobody asked for, it would leave on.
        if (response.Headers.NonValidated.TryGetValues(HeaderNames.TransferEncoding, out var transfer)
            && !transfer.ToString().Equals("chunked", StringComparison.OrdinalIgnoreCase))
        {
            return transfer.ToString().ToLowerInvariant();
        }
        if (!response.Content.Headers.NonValidated.TryGetValues(HeaderNames.ContentEncoding, out var codings))
        {
            return null;
        }
        return codings.ToString().ToLowerInvariant() switch
        {
            "" or Identity => null,
            "x-gzip" => "gzip",
            var coding => coding,
        };
    }

    /// <summary>
    /// Whether an answer states its length in a way that is none, such as <c>+2</c> or two lengths: a proxy must not guess (RFC 9112 §6.3), and HttpClient would read to the connection's end.
    /// </summary>
    public static bool HasNoLengthAsStated(HttpResponseMessage response)
    {
        var headers = response.Content.Headers;
        return headers.NonValidated.TryGetValues(HeaderNames.ContentLength, out var lengths) && (lengths.Count != 1 || headers.ContentLength is null);
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
}
