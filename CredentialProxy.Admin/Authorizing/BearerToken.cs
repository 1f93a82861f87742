namespace CredentialProxy.Admin.Authorizing;

/// <summary>What a caller presents (RFC 6750 §2.1).</summary>
internal static class BearerToken
{
    private const string Scheme = "Bearer ";

    /// <summary>The key or token; null for none.</summary>
    public static string? Of(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && header.Length > Scheme.Length ? header[Scheme.Length..].Trim() : null;
    }

    /// <summary>Whether it may be a JWT.</summary>
    public static bool LooksLikeJwt(string presented) => presented.StartsWith("ey", StringComparison.Ordinal) && presented.Contains('.', StringComparison.Ordinal);
}
