using static CredentialProxy.Core.Providers.Charging;

namespace CredentialProxy.Core.Providers.Gemini;

/// <summary>
/// Gemini's API, https://ai.google.dev/api, at versions <c>v1beta</c>, <c>v1</c> and <c>v1alpha</c>, and its OpenAI surface. Token minting
/// (<c>auth_tokens</c>), batches, tuning, caches billed by the hour and file search stores have no entry.
/// </summary>
internal static class GeminiEndpoints
{
    public static IReadOnlyList<Endpoint> All { get; } =
    [
        .. Native("/v1beta"),
        .. Native("/v1"),
        .. Native("/v1alpha"),
        new("files.upload", "POST", "/upload/v1beta/files", Dialect.None, Unmetered),
        new("files.retrieve", "GET", "/v1beta/files/{id}", Dialect.None, Unmetered),
        new("chat.completions", "POST", "/v1beta/openai/chat/completions", Dialect.OpenAIChat, Metered),
        new("embeddings", "POST", "/v1beta/openai/embeddings", Dialect.OpenAIEmbeddings, Metered),
        new("models.list", "GET", "/v1beta/openai/models", Dialect.None, Free),
        new("models.retrieve", "GET", "/v1beta/openai/models/{id}", Dialect.None, Free),
    ];

    private static IEnumerable<Endpoint> Native(string version) =>
    [
        new("generate_content", "POST", version + "/models/{model}:generateContent", Dialect.GeminiGenerate, Metered),
        new("stream_generate_content", "POST", version + "/models/{model}:streamGenerateContent", Dialect.GeminiGenerate, Metered),
        new("count_tokens", "POST", version + "/models/{model}:countTokens", Dialect.None, Free),
        new("embed_content", "POST", version + "/models/{model}:embedContent", Dialect.GeminiEmbed, Metered),
        new("batch_embed_contents", "POST", version + "/models/{model}:batchEmbedContents", Dialect.GeminiEmbed, Metered),
        new("models.list", "GET", version + "/models", Dialect.None, Free),
        new("models.retrieve", "GET", version + "/models/{id}", Dialect.None, Free),
    ];
}
