using System.Buffers;

namespace CredentialProxy.Core.Routing;

/// <summary>
/// The path and query of a request, exactly as they may be sent upstream. Only origin-form targets (RFC 9112 §3.2.1) in plain characters are taken:
/// what is matched against scopes is the very path that is sent, so nothing may be left in it that an upstream could read in another way.
/// </summary>
public readonly record struct RequestTarget(string Path, string Query)
{
    /// <summary>Longest path taken, in characters.</summary>
    public const int MaxPathLength = 2048;

    // RFC 3986 pchar and '/', without ';' (some servers cut a path parameter off) and without '%' (decoded below).
    private static readonly SearchValues<char> PathCharacters =
        SearchValues.Create("/-._~!$&'()*+,:=@0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // Printable ASCII; '#' would begin a fragment, '\' is a slash to some servers.
    private static readonly SearchValues<char> QueryCharacters = SearchValues.Create(
        "!$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~\"");

    /// <summary>Reads a raw request target; false for one that is not taken.</summary>
    public static bool TryParse(string rawTarget, out RequestTarget target)
    {
        target = default;
        var mark = rawTarget.IndexOf('?', StringComparison.Ordinal);
        var path = mark < 0 ? rawTarget : rawTarget[..mark];
        var query = mark < 0 ? "" : rawTarget[mark..];
        if (path.Length is 0 or > MaxPathLength || path[0] != '/' || query.AsSpan().ContainsAnyExcept(QueryCharacters))
        {
            return false;
        }
        if (path.Contains('%', StringComparison.Ordinal))
        {
            if (!TryDecode(path, out path))
            {
                return false;
            }
        }
        if (path.AsSpan().ContainsAnyExcept(PathCharacters) || HasEmptyOrDotSegment(path))
        {
            return false;
        }
        target = new RequestTarget(path, query);
        return true;
    }

    // Some clients escape ':' or '@' in model names. An escape of anything that means something in a path is refused, never passed on.
    private static bool TryDecode(string path, out string decoded)
    {
        decoded = Uri.UnescapeDataString(path);
        for (var i = path.IndexOf('%', StringComparison.Ordinal); i >= 0; i = path.IndexOf('%', i + 1))
        {
            if (i + 2 >= path.Length || !char.IsAsciiHexDigit(path[i + 1]) || !char.IsAsciiHexDigit(path[i + 2]))
            {
                return false;
            }
            var character = (char)Convert.ToInt32(path.Substring(i + 1, 2), 16);
            if (character is '/' or '.' or '%' || !PathCharacters.Contains(character))
            {
                return false;
            }
        }
        return true;
    }

    private static bool HasEmptyOrDotSegment(string path)
    {
        if (path.Length == 1)
        {
            return false;
        }
        foreach (var range in path.AsSpan(1).Split('/'))
        {
            if (path.AsSpan(1)[range] is "" or "." or "..")
            {
                return true;
            }
        }
        return false;
    }
}
