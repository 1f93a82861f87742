using System.Collections.Frozen;

namespace CredentialProxy.Core.Providers;

/// <summary>
/// A provider's endpoints, found by method and path. A path without placeholders is looked up in one step. Of those with placeholders the one whose literal beginning is the longest wins,
/// and among equals the one that the table names first; each beginning is a look-up, so the cost is bounded by the table's deepest entry, whatever the path.
/// </summary>
public sealed class EndpointTable
{
    private readonly FrozenDictionary<string, Endpoint[]> _exact;
    private readonly FrozenDictionary<string, Endpoint[]>.AlternateLookup<ReadOnlySpan<char>> _exactBySpan;
    private readonly FrozenDictionary<string, EndpointPattern[]> _patterns;
    private readonly FrozenDictionary<string, EndpointPattern[]>.AlternateLookup<ReadOnlySpan<char>> _patternsBySpan;
    private readonly int _longestPrefix;

    /// <summary>Builds the table.</summary>
    /// <exception cref="ArgumentException">Two entries have the same method and path, or a path is not well formed.</exception>
    public EndpointTable(IEnumerable<Endpoint> endpoints)
    {
        All = [.. endpoints];
        var twice = All.GroupBy(endpoint => (endpoint.Method, endpoint.Path)).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new ArgumentException($"The endpoint {twice.Key.Method} {twice.Key.Path} is listed twice.", nameof(endpoints));
        }
        _exact = All.Where(endpoint => !EndpointPattern.IsPattern(endpoint.Path))
            .GroupBy(endpoint => endpoint.Path, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);
        _exactBySpan = _exact.GetAlternateLookup<ReadOnlySpan<char>>();
        _patterns = All.Where(endpoint => EndpointPattern.IsPattern(endpoint.Path)).Select(endpoint => new EndpointPattern(endpoint))
            .GroupBy(pattern => pattern.Prefix, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);
        _patternsBySpan = _patterns.GetAlternateLookup<ReadOnlySpan<char>>();
        _longestPrefix = _patterns.Keys.Select(prefix => prefix.Length).DefaultIfEmpty().Max();
    }

    /// <summary>Every entry.</summary>
    public IReadOnlyList<Endpoint> All { get; }

    /// <summary>Finds the endpoint that a call means.</summary>
    public bool TryMatch(string method, ReadOnlySpan<char> path, out EndpointMatch match)
    {
        if (_exactBySpan.TryGetValue(path, out var candidates))
        {
            foreach (var endpoint in candidates)
            {
                if (endpoint.Method == method)
                {
                    match = new EndpointMatch(endpoint, null);
                    return true;
                }
            }
        }
        // No beginning is longer than the longest in the table, so the rest of a long path is not looked at.
        for (var beginning = path[..Math.Min(path.Length, _longestPrefix)]; beginning.LastIndexOf('/') is var slash and >= 0; beginning = beginning[..slash])
        {
            if (_patternsBySpan.TryGetValue(beginning[..(slash + 1)], out var patterns) && TryMatch(patterns, method, path, out match))
            {
                return true;
            }
        }
        match = default;
        return false;
    }

    private static bool TryMatch(EndpointPattern[] patterns, string method, ReadOnlySpan<char> path, out EndpointMatch match)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.Endpoint.Method == method && pattern.TryMatch(path, out var model))
            {
                match = new EndpointMatch(pattern.Endpoint, model);
                return true;
            }
        }
        match = default;
        return false;
    }
}
