using System.Collections.Frozen;
using System.Text.Json;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection.Extras;

/// <summary>
/// Which tools are the provider's own to run, by the <c>type</c> that a body gives them. Whatever has no name here is taken for one of those. Sources: the <c>Tool</c> types of openai-node 7.57
/// (https://github.com/openai/openai-node/blob/master/src/resources/responses/responses.ts), <c>BetaToolUnion</c> of anthropic-sdk-typescript 1.13
/// (https://github.com/anthropics/anthropic-sdk-typescript/blob/main/src/resources/beta/messages/messages.ts), the tools of @openrouter/sdk 1.3
/// (https://openrouter.ai/docs/features/server-tools) and <c>Tool</c> of @google/genai 3.3 (https://ai.google.dev/api/caching#Tool); read on 2026-11-24.
/// </summary>
internal static class ToolKinds
{
    /// <summary>Longer types are none of ours.</summary>
    private const int MaxLength = 64;

    private static readonly FrozenDictionary<string, HostedTool> ByType = new Dictionary<string, HostedTool>(StringComparer.Ordinal)
    {
        // Run by the client.
        ["function"] = HostedTool.None,
        ["custom"] = HostedTool.None,
        ["namespace"] = HostedTool.None,
        ["apply_patch"] = HostedTool.None,
        ["local_shell"] = HostedTool.None,
        // A search among the request's own tools, free of charge.
        ["tool_search"] = HostedTool.None,
        ["tool_search_tool_regex"] = HostedTool.None,
        ["tool_search_tool_bm25"] = HostedTool.None,
        ["openrouter:tool_search"] = HostedTool.None,
        ["openrouter:datetime"] = HostedTool.None,
        ["openrouter:apply_patch"] = HostedTool.None,
        // OpenAI. A shell is the client's only where its environment is local, which ToolWatch looks at.
        ["web_search"] = HostedTool.WebSearch,
        ["web_search_2025_08_26"] = HostedTool.WebSearch,
        ["web_search_preview"] = HostedTool.WebSearch,
        ["web_search_preview_2025_03_11"] = HostedTool.WebSearch,
        ["file_search"] = HostedTool.FileSearch,
        ["code_interpreter"] = HostedTool.Container,
        ["shell"] = HostedTool.Container,
        ["programmatic_tool_calling"] = HostedTool.Container,
        ["image_generation"] = HostedTool.ImageGeneration,
        ["computer"] = HostedTool.Computer,
        ["computer_use"] = HostedTool.Computer,
        ["computer_use_preview"] = HostedTool.Computer,
        ["mcp"] = HostedTool.RemoteMcp,
        // Anthropic.
        ["mcp_toolset"] = HostedTool.RemoteMcp,
        // OpenRouter.
        ["openrouter:web_search"] = HostedTool.WebSearch,
        ["openrouter:web_fetch"] = HostedTool.WebFetch,
        ["openrouter:image_generation"] = HostedTool.ImageGeneration,
        ["openrouter:bash"] = HostedTool.Container,
        ["openrouter:shell"] = HostedTool.Container,
        ["openrouter:code_interpreter"] = HostedTool.Container,
        ["openrouter:files"] = HostedTool.FileSearch,
        ["openrouter:file_search"] = HostedTool.FileSearch,
        ["openrouter:mcp"] = HostedTool.RemoteMcp,
        ["openrouter:browser_use"] = HostedTool.Computer,
        ["openrouter:advisor"] = HostedTool.Advisor,
        ["openrouter:subagent"] = HostedTool.Advisor,
        ["openrouter:fusion"] = HostedTool.Advisor,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, HostedTool>.AlternateLookup<ReadOnlySpan<char>> ByTypeSpan = ByType.GetAlternateLookup<ReadOnlySpan<char>>();

    // Anthropic names a tool's version in its type: bash_20250124. The first five are run by the client.
    private static readonly (string Name, HostedTool Kind)[] Versioned =
    [
        ("bash", HostedTool.None),
        ("text_editor", HostedTool.None),
        ("memory", HostedTool.None),
        ("computer", HostedTool.None),
        ("computer_toolset", HostedTool.None),
        ("browser_toolset", HostedTool.None),
        ("tool_search_tool_regex", HostedTool.None),
        ("tool_search_tool_bm25", HostedTool.None),
        ("web_search", HostedTool.WebSearch),
        ("web_fetch", HostedTool.WebFetch),
        ("code_execution", HostedTool.Container),
        ("advisor", HostedTool.Advisor),
    ];

    /// <summary>The kind of the tool whose type the reader stands on.</summary>
    public static HostedTool Read(ref Utf8JsonReader reader, Dialect dialect)
    {
        var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (length > MaxLength)
        {
            return HostedTool.Other;
        }
        Span<char> type = stackalloc char[MaxLength];
        type = type[..reader.CopyString(type)];
        if (ByTypeSpan.TryGetValue(type, out var kind))
        {
            return kind;
        }
        return dialect == Dialect.AnthropicMessages ? OfVersion(type) : HostedTool.Other;
    }

    /// <summary>The kind of tool that a member of one of Gemini's tools stands for.</summary>
    public static HostedTool OfGemini(BodyKey member) => member switch
    {
        BodyKey.FunctionDeclarations => HostedTool.None,
        BodyKey.GoogleSearch or BodyKey.GoogleSearchRetrieval or BodyKey.EnterpriseWebSearch => HostedTool.WebSearch,
        BodyKey.UrlContext => HostedTool.WebFetch,
        BodyKey.GoogleMaps => HostedTool.Maps,
        BodyKey.CodeExecution => HostedTool.Container,
        BodyKey.FileSearch => HostedTool.FileSearch,
        BodyKey.ComputerUse => HostedTool.Computer,
        BodyKey.McpServers => HostedTool.RemoteMcp,
        _ => HostedTool.Other,
    };

    /// <summary>The feature that must be granted for a tool.</summary>
    public static Features FeaturesOf(HostedTool kind) => kind switch
    {
        HostedTool.None => Features.None,
        HostedTool.WebSearch => Features.WebSearch,
        HostedTool.WebFetch => Features.WebFetch,
        HostedTool.FileSearch => Features.FileSearch,
        HostedTool.Container => Features.CodeExecution,
        HostedTool.ImageGeneration => Features.ImageGeneration,
        HostedTool.Maps => Features.Maps,
        HostedTool.RemoteMcp => Features.RemoteMcp,
        HostedTool.Computer => Features.ComputerUse,
        HostedTool.Advisor => Features.HostedTools | Features.ModelChoice,
        _ => Features.HostedTools,
    };

    private static HostedTool OfVersion(ReadOnlySpan<char> type)
    {
        var end = type.LastIndexOf('_');
        if (end > 0 && !type[(end + 1)..].ContainsAnyExceptInRange('0', '9'))
        {
            foreach (var (name, kind) in Versioned)
            {
                if (type[..end].SequenceEqual(name))
                {
                    return kind;
                }
            }
        }
        return HostedTool.Other;
    }
}
