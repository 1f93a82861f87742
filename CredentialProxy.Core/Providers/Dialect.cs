namespace CredentialProxy.Core.Providers;

/// <summary>The wire language of an API: where a request says its model and output limit, and where an answer says what was used.</summary>
public enum Dialect
{
    /// <summary>None that we read: bodies pass unread.</summary>
    None,

    /// <summary>OpenAI chat completions, spoken by OpenRouter and Gemini's OpenAI surface too. https://platform.openai.com/docs/api-reference/chat</summary>
    OpenAIChat,

    /// <summary>OpenAI's older completions. https://platform.openai.com/docs/api-reference/completions</summary>
    OpenAICompletions,

    /// <summary>OpenAI responses. https://platform.openai.com/docs/api-reference/responses</summary>
    OpenAIResponses,

    /// <summary>OpenAI embeddings. https://platform.openai.com/docs/api-reference/embeddings</summary>
    OpenAIEmbeddings,

    /// <summary>Anthropic messages. https://docs.anthropic.com/en/api/messages</summary>
    AnthropicMessages,

    /// <summary>Gemini generateContent and streamGenerateContent. https://ai.google.dev/api/generate-content</summary>
    GeminiGenerate,

    /// <summary>Gemini embedContent and batchEmbedContents. https://ai.google.dev/api/embeddings</summary>
    GeminiEmbed,
}
