using System.Collections.Concurrent;

namespace CredentialProxy.Gateway.Measuring;

/// <summary>Values of a label, of which only so many are told apart: each is a row of figures, here and at whoever keeps them, for as long as the process runs.</summary>
internal sealed class BoundedLabels(int most)
{
    /// <summary>What all others are counted as.</summary>
    public const string Other = "other";

    /// <summary>What stands where there is no value.</summary>
    public const string None = "none";

    private const int MaxLength = 128;

    private readonly ConcurrentDictionary<string, string> _known = new(StringComparer.Ordinal);
    private int _count; // interlocked

    /// <summary>The label of a value.</summary>
    public string Of(string? value)
    {
        if (value is null)
        {
            return None;
        }
        if (_known.TryGetValue(value, out var known))
        {
            return known;
        }
        if (value.Length > MaxLength || Volatile.Read(ref _count) >= most || Interlocked.Increment(ref _count) > most)
        {
            return Other;
        }
        // One that two find new at once takes two places, and a place is all that it costs.
        return _known.GetOrAdd(value, value);
    }
}
