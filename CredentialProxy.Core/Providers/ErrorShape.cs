namespace CredentialProxy.Core.Providers;

/// <summary>How a client's SDK expects an error body to look.</summary>
public enum ErrorShape
{
    /// <summary><c>{"error":{"message","type","param","code"}}</c>, https://platform.openai.com/docs/guides/error-codes</summary>
    OpenAI,

    /// <summary><c>{"error":{"code","message","metadata"}}</c>, the code being the HTTP status, https://openrouter.ai/docs/api-reference/errors</summary>
    OpenRouter,

    /// <summary><c>{"type":"error","error":{"type","message"},"request_id"}</c>, https://docs.anthropic.com/en/api/errors</summary>
    Anthropic,

    /// <summary><c>{"error":{"code","message","status","details"}}</c> (google.rpc.Status), https://cloud.google.com/apis/design/errors</summary>
    Gemini,
}
