using static CredentialProxy.Core.Providers.Charging;

namespace CredentialProxy.Core.Providers.OpenRouter;

/// <summary>
/// OpenRouter's API, https://openrouter.ai/docs/api-reference, from <c>https://openrouter.ai/api</c> on. What mints or manages keys, reads the account's
/// credits or other tenants' generations has no entry.
/// </summary>
internal static class OpenRouterEndpoints
{
    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("chat.completions", "POST", "/v1/chat/completions", Dialect.OpenAIChat, Metered),
        new("completions", "POST", "/v1/completions", Dialect.OpenAICompletions, Metered),
        new("responses", "POST", "/v1/responses", Dialect.OpenAIResponses, Metered),
        new("messages", "POST", "/v1/messages", Dialect.AnthropicMessages, Metered),
        new("embeddings", "POST", "/v1/embeddings", Dialect.OpenAIEmbeddings, Metered),
        new("models.list", "GET", "/v1/models", Dialect.None, Free),
        new("models.endpoints", "GET", "/v1/models/{id}/{id}/endpoints", Dialect.None, Free),
    ];
}
