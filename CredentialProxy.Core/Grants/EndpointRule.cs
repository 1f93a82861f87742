namespace CredentialProxy.Core.Grants;

/// <summary>
/// An endpoint that a token may call: an optional method, a blank, and a path in which each <c>*</c> stands for any run of characters, for
/// example <c>POST /v1/chat/completions</c> or <c>/v1/models*</c>. The path is the one sent upstream, without the provider's prefix and without query.
/// </summary>
public readonly record struct EndpointRule
{
    /// <summary>Longest rule accepted, in characters.</summary>
    public const int MaxLength = 512;

    private readonly string _path;

    private EndpointRule(string text, string? method, string path) => (Text, Method, _path) = (text, method, path);

    /// <summary>The rule as written.</summary>
    public string Text { get; }

    /// <summary>The method, upper case; null for any.</summary>
    public string? Method { get; }

    /// <summary>Parses a rule.</summary>
    public static bool TryParse(string? text, out EndpointRule rule)
    {
        rule = default;
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength)
        {
            return false;
        }
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        var method = blank >= 0 ? text[..blank] : null;
        var path = text[(blank + 1)..];
        if (path.Length == 0 || path[0] is not ('/' or '*') || path.AsSpan().ContainsAnyExceptInRange('!', '~') || path.AsSpan().ContainsAny('?', '\\'))
        {
            return false;
        }
        if (method is not null && (method.Length == 0 || method.AsSpan().ContainsAnyExceptInRange('A', 'Z')))
        {
            return false;
        }
        rule = new EndpointRule(text, method, path);
        return true;
    }

    /// <summary>Whether a call of this method and path fits the rule.</summary>
    public bool Matches(string method, ReadOnlySpan<char> path) =>
        (Method is null || Method == method) && Wildcards.Match(_path, path);

    /// <summary>Whether every call that fits the other rule fits this one: a star of the other is a character that only a star of this one can stand for.</summary>
    public bool Covers(EndpointRule other) => (Method is null || Method == other.Method) && Wildcards.Match(_path, other._path);

    /// <inheritdoc/>
    public override string ToString() => Text;
}
