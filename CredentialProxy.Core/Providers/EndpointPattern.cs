namespace CredentialProxy.Core.Providers;

/// <summary>A path with placeholders, taken apart once. A placeholder stands for one segment that is not empty, or for one up to a <c>:verb</c>.</summary>
internal sealed class EndpointPattern
{
    private const string ModelPlaceholder = "{model}";

    private readonly string[] _segments;

    public EndpointPattern(Endpoint endpoint)
    {
        Endpoint = endpoint;
        if (!endpoint.Path.StartsWith('/'))
        {
            throw new ArgumentException($"The endpoint path '{endpoint.Path}' must begin with '/'.", nameof(endpoint));
        }
        _segments = endpoint.Path[1..].Split('/');
    }

    public Endpoint Endpoint { get; }

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
            var isLast = i == _segments.Length - 1;
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
