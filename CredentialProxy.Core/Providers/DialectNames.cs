using System.Collections.Frozen;

namespace CredentialProxy.Core.Providers;

/// <summary>The names of <see cref="Dialect"/>s as settings and endpoint tables write them.</summary>
public static class DialectNames
{
    private static readonly FrozenDictionary<string, Dialect> ByName = new Dictionary<string, Dialect>
    {
        ["openai-chat"] = Dialect.OpenAIChat,
        ["openai-completions"] = Dialect.OpenAICompletions,
        ["openai-responses"] = Dialect.OpenAIResponses,
        ["openai-embeddings"] = Dialect.OpenAIEmbeddings,
        ["anthropic-messages"] = Dialect.AnthropicMessages,
        ["gemini-generate"] = Dialect.GeminiGenerate,
        ["gemini-embed"] = Dialect.GeminiEmbed,
        ["none"] = Dialect.None,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Every name.</summary>
    public static IEnumerable<string> All => ByName.Keys.Order(StringComparer.Ordinal);

    /// <summary>The dialect of this name.</summary>
    public static bool TryParse(string name, out Dialect dialect) => ByName.TryGetValue(name, out dialect);
}
