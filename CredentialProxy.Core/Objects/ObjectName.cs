using System.Buffers;

namespace CredentialProxy.Core.Objects;

/// <summary>
/// Takes ids out of the forms in which providers write them. Gemini names objects by paths (<c>files/abc</c>) and files by addresses too (<c>https://…/v1beta/files/abc</c>); every other
/// provider's ids stand for themselves.
/// </summary>
public static class ObjectName
{
    private const string Files = "files/";

    private static readonly SearchValues<char> IdCharacters = SearchValues.Create("-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>The id in an answer, which the provider itself has written: the last segment of a path, without its verb and query.</summary>
    public static string InAnswer(string text)
    {
        var tail = text[(text.LastIndexOf('/') + 1)..];
        var end = tail.AsSpan().IndexOfAny(":?#");
        return end < 0 ? tail : tail[..end];
    }

    /// <summary>
    /// The id in a request; null for the address of something that is no stored object. What could be read in two ways is taken whole, and is then nobody's.
    /// </summary>
    public static string? InRequest(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal))
        {
            return InAddress(text);
        }
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var id = text.AsSpan(slash + 1);
        return slash < 0 || id.IsEmpty || id.ContainsAnyExcept(IdCharacters) ? text : id.ToString();
    }

    private static string? InAddress(string text)
    {
        var plain = Uri.UnescapeDataString(text);
        var at = plain.IndexOf(Files, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            // Escaped twice, it may be anything.
            return plain.Contains('%', StringComparison.Ordinal) ? text : null;
        }
        var rest = plain.AsSpan(at + Files.Length);
        var end = rest.IndexOfAnyExcept(IdCharacters);
        var id = end < 0 ? rest : rest[..end];
        var tail = rest[id.Length..];
        var isPlain = tail.IsEmpty || (tail[0] is ':' or '?' && !tail.ContainsAny('/', '\\', '%'));
        return isPlain ? id.ToString() : text;
    }
}
