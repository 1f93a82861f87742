using CredentialProxy.Core.Grants;

namespace CredentialProxy.Core.Inspection.Extras;

/// <summary>
/// What a model's name alone asks for: routers and presets that choose the model, variants and models that search the web by themselves. Sources: https://openrouter.ai/docs/features/model-routing,
/// https://openrouter.ai/docs/features/presets, https://openrouter.ai/docs/features/web-search, https://developers.openai.com/api/docs/guides/tools-web-search.
/// </summary>
internal static class RoutedModels
{
    private static readonly string[] Searching = ["search-preview", "search-api", "deep-research", "/sonar"];

    /// <summary>The features that the name asks for.</summary>
    public static Features FeaturesOf(ReadOnlySpan<char> model)
    {
        var features = Features.None;
        if (!model.ContainsAny('/', '@', ':') && !model.Contains("search", StringComparison.OrdinalIgnoreCase))
        {
            // Most names.
            return features;
        }
        if (model.StartsWith("openrouter/", StringComparison.OrdinalIgnoreCase) || model.Contains("@preset", StringComparison.OrdinalIgnoreCase))
        {
            features |= Features.ModelChoice;
        }
        if (model.Contains(":online", StringComparison.OrdinalIgnoreCase))
        {
            features |= Features.WebSearch | Features.Plugins;
        }
        foreach (var part in Searching)
        {
            features |= model.Contains(part, StringComparison.OrdinalIgnoreCase) ? Features.WebSearch : Features.None;
        }
        return features;
    }
}
