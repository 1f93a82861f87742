namespace CredentialProxy.MockProvider;

/// <summary>Whose API a request is for.</summary>
internal enum ApiKind
{
    OpenAI,
    OpenRouter,
    Anthropic,
    Gemini,
    GeminiOpenAI,
}
