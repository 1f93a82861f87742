namespace CredentialProxy.Core.Providers;

/// <summary>
/// A path with placeholders, taken apart once. A placeholder stands for one segment that is not empty, or for one up to a <c>:verb</c>; <see cref="Rest"/> for all that is left, of which
/// there must be something.
/// </summary>
internal sealed class EndpointPattern
{
    /// <summary>The last segment of a path that goes on.</summary>
    public const string Rest = "{rest...}";

    private const string ModelPlaceholder = "{model}";

    private readonly string[] _segments;
    private readonly bool _goesOn;

    public EndpointPattern(Endpoint endpoint)
    {
        Endpoint = endpoint;
        if (!endpoint.Path.StartsWith('/'))
        {
            throw new ArgumentException($"The endpoint path '{endpoint.Path}' must begin with '/'.", nameof(endpoint));
        }
        Prefix = endpoint.Path[..endpoint.Path.IndexOf('{', StringComparison.Ordinal)];
        Prefix = Prefix[..(Prefix.LastIndexOf('/') + 1)];
        _segments = endpoint.Path[1..].Split('/');
        _goesOn = _segments[^1] == Rest;
        if (_goesOn)
        {
            _segments = _segments[..^1];
        }
    }

    public Endpoint Endpoint { get; }

    /// <summary>What every path begins with that fits, up to a slash.</summary>
    public string Prefix { get; }

    public static bool IsPattern(string path) => path.Contains('{', StringComparison.Ordinal);

    public bool TryMatch(ReadOnlySpan<char> path, out string? model)
    {
        model = null;
        if (path.IsEmpty || path[0] != '/')
        {
            return false;
        }
        var rest = path[1..];
        ReadOnlySpan<char> found = default;
        for (var i = 0; i < _segments.Length; i++)
        {
            var slash = rest.IndexOf('/');
            var isLast = i == _segments.Length - 1 && !_goesOn;
            if (isLast ? slash >= 0 : slash < 0)
            {
                return false;
            }
            var segment = isLast ? rest : rest[..slash];
            if (!MatchesSegment(_segments[i], segment, ref found))
            {
                return false;
            }
            rest = isLast ? default : rest[(slash + 1)..];
        }
        if (_goesOn && rest.IsEmpty)
        {
            return false;
        }
        model = found.IsEmpty ? null : found.ToString();
        return true;
    }

    private static bool MatchesSegment(string pattern, ReadOnlySpan<char> segment, ref ReadOnlySpan<char> model)
    {
        if (pattern[0] != '{')
        {
            return segment.SequenceEqual(pattern);
        }
        var end = pattern.IndexOf('}', StringComparison.Ordinal) + 1;
        var verb = pattern.AsSpan(end);
        // Without a verb of its own a placeholder takes no ':': "/models/x:generateContent" is another operation than "/models/x".
        var isMatch = verb.IsEmpty ? !segment.IsEmpty && !segment.Contains(':') : segment.Length > verb.Length && segment.EndsWith(verb);
        if (isMatch && pattern.AsSpan(0, end).SequenceEqual(ModelPlaceholder))
        {
            model = segment[..^verb.Length];
        }
        return isMatch;
    }
}
