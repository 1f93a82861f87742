using System.Globalization;

namespace CredentialProxy.Core.Limits.Redis.Recovery;

/// <summary>Where an entry is in a stream.</summary>
internal readonly record struct StreamPlace(long Time, long Number) : IComparable<StreamPlace>
{
    /// <summary>Behind every entry.</summary>
    public static readonly StreamPlace End = new(long.MaxValue, long.MaxValue);

    /// <summary>Reads an entry's id.</summary>
    public static StreamPlace Parse(string id)
    {
        var dash = id.IndexOf('-', StringComparison.Ordinal);
        return new StreamPlace(long.Parse(id.AsSpan(0, dash), CultureInfo.InvariantCulture), long.Parse(id.AsSpan(dash + 1), CultureInfo.InvariantCulture));
    }

    /// <inheritdoc/>
    public int CompareTo(StreamPlace other) => Time == other.Time ? Number.CompareTo(other.Number) : Time.CompareTo(other.Time);
}
