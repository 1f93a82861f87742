using static CredentialProxy.Core.Providers.Charging;

namespace CredentialProxy.Core.Providers.OpenAI;

/// <summary>
/// OpenAI's API, https://platform.openai.com/docs/api-reference. What mints credentials (realtime client secrets and sessions), manages the
/// account, reads what other tenants stored or spends later (batches, fine-tuning, assistants, vector stores, webhooks) has no entry.
/// </summary>
internal static class OpenAIEndpoints
{
    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("chat.completions", "POST", "/v1/chat/completions", Dialect.OpenAIChat, Metered),
        new("completions", "POST", "/v1/completions", Dialect.OpenAICompletions, Metered),
        new("responses", "POST", "/v1/responses", Dialect.OpenAIResponses, Metered),
        new("responses.input_tokens", "POST", "/v1/responses/input_tokens", Dialect.None, Free),
        new("embeddings", "POST", "/v1/embeddings", Dialect.OpenAIEmbeddings, Metered),
        new("moderations", "POST", "/v1/moderations", Dialect.None, Free),
        new("models.list", "GET", "/v1/models", Dialect.None, Free),
        new("models.retrieve", "GET", "/v1/models/{id}", Dialect.None, Free),
        new("images.generate", "POST", "/v1/images/generations", Dialect.None, Unmetered),
        new("images.edit", "POST", "/v1/images/edits", Dialect.None, Unmetered),
        new("images.variation", "POST", "/v1/images/variations", Dialect.None, Unmetered),
        new("audio.speech", "POST", "/v1/audio/speech", Dialect.None, Unmetered),
        new("audio.transcriptions", "POST", "/v1/audio/transcriptions", Dialect.None, Unmetered),
        new("audio.translations", "POST", "/v1/audio/translations", Dialect.None, Unmetered),
        new("files.create", "POST", "/v1/files", Dialect.None, Unmetered),
        new("files.content", "GET", "/v1/files/{id}/content", Dialect.None, Unmetered),
    ];
}
