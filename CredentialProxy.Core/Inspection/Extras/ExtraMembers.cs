using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection.Extras;

/// <summary>
/// Which members ask for more than plain generation. What a router takes (OpenRouter's and others') counts in every dialect that one may speak: a provider that does not know it refuses it
/// anyway. Sources: those of <see cref="ToolKinds"/>, and https://openrouter.ai/docs/api-reference/parameters.
/// </summary>
internal static class ExtraMembers
{
    /// <summary>The features that a member of the body itself asks for when it says anything.</summary>
    public static Features AtRoot(Dialect dialect, BodyKey key) => key switch
    {
        BodyKey.WebSearchOptions when dialect == Dialect.OpenAIChat => Features.WebSearch,
        BodyKey.Background when dialect == Dialect.OpenAIResponses => Features.Background,
        BodyKey.McpServers or BodyKey.Fallbacks or BodyKey.Container when dialect != Dialect.AnthropicMessages => Features.None,
        BodyKey.McpServers => Features.RemoteMcp,
        BodyKey.Container => Features.StoredInput | Features.CodeExecution,
        BodyKey.Plugins when IsRouted(dialect) => Features.Plugins,
        BodyKey.Fallbacks or BodyKey.Models or BodyKey.Route or BodyKey.Preset when IsRouted(dialect) => Features.ModelChoice,
        BodyKey.PreviousResponseId or BodyKey.Conversation when dialect == Dialect.OpenAIResponses => Features.StoredInput,
        BodyKey.Thread when dialect == Dialect.AnthropicMessages => Features.StoredInput,
        BodyKey.CachedContent or BodyKey.ContinuationToken when dialect == Dialect.GeminiGenerate => Features.StoredInput,
        _ => Features.None,
    };

    /// <summary>Whether a member of the body itself may ask for more.</summary>
    public static bool IsOne(Dialect dialect, BodyKey key) => AtRoot(dialect, key) != Features.None || (key == BodyKey.MultiAgent && dialect == Dialect.OpenAIResponses);

    /// <summary>Whether a member names something that the provider has kept, wherever input is.</summary>
    public static bool IsStoredInput(BodyKey key) => key is BodyKey.FileId or BodyKey.FileUri;

    /// <summary>Whether a member points to input that is not in the body.</summary>
    public static bool PointsElsewhere(BodyKey key) => key is >= BodyKey.FileUrl and <= BodyKey.FileUri;

    /// <summary>The name of such a member, as a client's developer knows it.</summary>
    public static string NameOf(Dialect dialect, BodyKey key) => key switch
    {
        BodyKey.WebSearchOptions => "web_search_options",
        BodyKey.Background => "background",
        BodyKey.MultiAgent => "multi_agent",
        BodyKey.McpServers => "mcp_servers",
        BodyKey.Container => "container",
        BodyKey.Plugins => "plugins",
        BodyKey.Fallbacks => "fallbacks",
        BodyKey.Models => "models",
        BodyKey.Route => "route",
        BodyKey.Preset => "preset",
        BodyKey.PreviousResponseId => "previous_response_id",
        BodyKey.Conversation => "conversation",
        BodyKey.Thread => "thread",
        BodyKey.CachedContent => dialect == Dialect.GeminiGenerate ? "cachedContent" : "extra_body.google.cached_content",
        BodyKey.ContinuationToken => "continuationToken",
        BodyKey.FileId => "file_id",
        BodyKey.FileUri => "fileUri",
        BodyKey.Modalities => "modalities",
        BodyKey.ResponseModalities => "generationConfig.responseModalities",
        _ => throw new ArgumentOutOfRangeException(nameof(key), key, "The member asks for nothing."),
    };

    private static bool IsRouted(Dialect dialect) => dialect is Dialect.OpenAIChat or Dialect.OpenAICompletions or Dialect.OpenAIResponses or Dialect.AnthropicMessages;
}
