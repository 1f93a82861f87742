using System.Collections.Frozen;

namespace CredentialProxy.Core.Providers;

/// <summary>
/// A provider's endpoints, found by method and path. Paths without placeholders are looked up in one step; the rest are compared segment by
/// segment, so the cost is bounded by the table's size whatever the path.
/// </summary>
public sealed class EndpointTable
{
    private readonly FrozenDictionary<string, Endpoint[]> _exact;
    private readonly FrozenDictionary<string, Endpoint[]>.AlternateLookup<ReadOnlySpan<char>> _exactBySpan;
    private readonly EndpointPattern[] _patterns;

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
        _patterns = [.. All.Where(endpoint => EndpointPattern.IsPattern(endpoint.Path)).Select(endpoint => new EndpointPattern(endpoint))];
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
        foreach (var pattern in _patterns)
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
