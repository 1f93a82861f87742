using System.Collections.Frozen;
using System.Numerics;

namespace CredentialProxy.Core.Grants;

/// <summary>The names of <see cref="Features"/> as the API and the store write them, for example <c>web_search</c>.</summary>
public static class FeatureNames
{
    private static readonly FrozenDictionary<string, Features> ByName = Enum.GetValues<Features>()
        .Where(feature => feature != Features.None)
        .ToFrozenDictionary(ToSnakeCase, StringComparer.Ordinal);

    private static readonly FrozenDictionary<Features, string> ByFeature = ByName.ToFrozenDictionary(entry => entry.Value, entry => entry.Key);

    /// <summary>Every name, sorted.</summary>
    public static IReadOnlyList<string> All { get; } = [.. ByName.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The feature of this name.</summary>
    public static bool TryParse(string? name, out Features feature)
    {
        feature = Features.None;
        return name is not null && ByName.TryGetValue(name, out feature);
    }

    /// <summary>The features of these names.</summary>
    /// <exception cref="FormatException">There is no such feature.</exception>
    public static Features Parse(IEnumerable<string> names)
    {
        var features = Features.None;
        foreach (var name in names)
        {
            features |= TryParse(name, out var feature) ? feature : throw new FormatException($"There is no feature '{name}'.");
        }
        return features;
    }

    /// <summary>The names of these features, sorted.</summary>
    public static IEnumerable<string> Of(Features features) => All.Where(name => features.HasFlag(ByName[name]));

    /// <summary>The name of the first of these features; there must be one.</summary>
    public static string First(Features features) => ByFeature[(Features)(1UL << BitOperations.TrailingZeroCount((ulong)features))];

    private static string ToSnakeCase(Features feature) =>
        string.Concat(feature.ToString().Select((character, i) => (char.IsUpper(character) && i > 0 ? "_" : "") + char.ToLowerInvariant(character)));
}
