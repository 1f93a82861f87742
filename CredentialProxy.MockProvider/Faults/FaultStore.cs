using System.IO.Enumeration;

namespace CredentialProxy.MockProvider.Faults;

/// <summary>Which requests a fault is for; what is absent matches any.</summary>
internal sealed record FaultMatch
{
    /// <summary>The path, <c>*</c> standing for anything.</summary>
    public string? Path { get; init; }

    /// <summary>The method.</summary>
    public string? Method { get; init; }

    public bool Fits(string method, string path) =>
        (Method is null || Method.Equals(method, StringComparison.OrdinalIgnoreCase)) && (Path is null || FileSystemName.MatchesSimpleExpression(Path, path, ignoreCase: false));
}

/// <summary>A fault for the next requests that match.</summary>
internal sealed record FaultRule
{
    /// <summary>For how many requests.</summary>
    public int Times { get; init; } = 1;

    /// <summary>For which.</summary>
    public FaultMatch? Match { get; init; }

    /// <summary>What goes wrong.</summary>
    public required Fault Fault { get; init; }
}

/// <summary>The faults that wait for their requests, first come first served.</summary>
internal sealed class FaultStore
{
    private readonly Lock _lock = new();
    private readonly List<FaultRule> _rules = [];

    public void Add(FaultRule rule)
    {
        lock (_lock)
        {
            _rules.Add(rule);
        }
    }

    public FaultRule[] All()
    {
        lock (_lock)
        {
            return [.. _rules];
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _rules.Clear();
        }
    }

    /// <summary>Takes the fault for a request, if one waits.</summary>
    public Fault? Take(string method, string path)
    {
        lock (_lock)
        {
            var index = _rules.FindIndex(rule => rule.Match is null || rule.Match.Fits(method, path));
            if (index < 0)
            {
                return null;
            }
            var rule = _rules[index];
            if (rule.Times > 1)
            {
                _rules[index] = rule with { Times = rule.Times - 1 };
            }
            else
            {
                _rules.RemoveAt(index);
            }
            return rule.Fault;
        }
    }
}
