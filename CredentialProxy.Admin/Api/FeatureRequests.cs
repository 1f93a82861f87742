using CredentialProxy.Core.Grants;

namespace CredentialProxy.Admin.Api;

/// <summary>Features in requests.</summary>
internal static class FeatureRequests
{
    /// <summary>The names as they are stored, sorted and none twice; null when the request states none, or wrong ones.</summary>
    public static List<string>? Read(IReadOnlyList<string>? names, FieldErrors errors)
    {
        if (names is null)
        {
            return null;
        }
        var features = Features.None;
        var unknown = new List<string>();
        foreach (var name in names)
        {
            if (FeatureNames.TryParse(name, out var feature))
            {
                features |= feature;
            }
            else
            {
                unknown.Add(name ?? "null");
            }
        }
        errors.Require(unknown.Count == 0, "features", $"has none called {Shortened(unknown)}; they are {string.Join(", ", FeatureNames.All)}");
        return unknown.Count == 0 ? [.. FeatureNames.Of(features)] : null;
    }

    private static string Shortened(List<string> unknown) =>
        string.Join(", ", unknown.Take(3).Select(name => $"'{(name.Length > 40 ? name[..40] + "…" : name)}'")) + (unknown.Count > 3 ? ", …" : "");
}
