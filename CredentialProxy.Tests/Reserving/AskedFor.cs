using System.Text.Json.Nodes;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Reserving;

/// <summary>A request of any dialect, and what it asks for.</summary>
internal sealed record AskedFor(string Provider, string Path, string Model, string Body, int TextLength, int MaxTokens, int Choices, string Prediction, HostedTool? Tool, int Calls)
{
    /// <summary>The tier at which it may be served.</summary>
    public ServiceTier Tier { get; init; }

    public InferenceGeo Geo { get; init; }

    public Features Granted { get; init; }

    /// <summary>So many calls of its tool.</summary>
    public ToolCalls CallsOf(int count) => Tool switch
    {
        HostedTool.WebSearch => new ToolCalls { WebSearches = count },
        HostedTool.FileSearch => new ToolCalls { FileSearches = count },
        _ => default,
    };

    public static AskedFor Make(
        (string Provider, string Path, string Model) model, string text, int maxTokens, int choices, string prediction, ServiceTier tier, bool isGranted, InferenceGeo geo, bool hasTool, int calls)
    {
        var body = model switch
        {
            { Provider: "anthropic" } => Messages(text, maxTokens, tier, geo, hasTool ? calls : null),
            { Provider: "gemini" } => Contents(text, maxTokens, choices, tier, hasTool),
            { Path: "/v1/responses" } => Responses(text, maxTokens, tier, hasTool ? calls : null),
            _ => Chat(text, maxTokens, choices, prediction, tier, hasTool),
        };
        if (model.Provider != "gemini")
        {
            body["model"] = model.Model;
        }
        var served = model.Provider == "gemini" && tier == ServiceTier.Fast ? ServiceTier.Priority : tier;
        var isChat = model.Path == "/v1/chat/completions";
        var hasChoices = isChat || model.Provider == "gemini";
        // Google's tools have no bound of their own: the gateway's is taken, or once for a model that charges by the prompt.
        var most = isChat ? 1 : model.Provider == "gemini" ? Inspected.Options.HostedToolCalls : calls;
        return new AskedFor(
            model.Provider, model.Path, model.Model, body.ToJsonString(), text.Length, maxTokens, hasChoices ? choices : 1, isChat ? prediction : "",
            hasTool ? HostedTool.WebSearch : null, hasTool ? most : 0)
        {
            Tier = model.Provider == "anthropic" ? tier == ServiceTier.Fast ? tier : ServiceTier.Standard : isGranted ? served : ServiceTier.Standard,
            Geo = geo == InferenceGeo.Unstated ? InferenceGeo.Us : geo,
            Granted = Features.WebSearch | (isGranted ? Features.ServiceTiers : Features.None),
        };
    }

    private static JsonObject Chat(string text, int maxTokens, int choices, string prediction, ServiceTier tier, bool hasTool)
    {
        var body = new JsonObject { ["messages"] = new JsonArray(Message(text)), ["max_tokens"] = maxTokens, ["n"] = choices, ["service_tier"] = OpenAI(tier) };
        if (prediction.Length > 0)
        {
            body["prediction"] = new JsonObject { ["type"] = "content", ["content"] = prediction };
        }
        if (hasTool)
        {
            body["web_search_options"] = new JsonObject();
        }
        return body;
    }

    private static JsonObject Responses(string text, int maxTokens, ServiceTier tier, int? calls)
    {
        var body = new JsonObject { ["input"] = text, ["max_output_tokens"] = maxTokens, ["service_tier"] = OpenAI(tier) };
        if (calls is { } most)
        {
            body["tools"] = new JsonArray(new JsonObject { ["type"] = "web_search" });
            body["max_tool_calls"] = most;
        }
        return body;
    }

    private static JsonObject Messages(string text, int maxTokens, ServiceTier tier, InferenceGeo geo, int? calls)
    {
        var body = new JsonObject { ["messages"] = new JsonArray(Message(text)), ["max_tokens"] = maxTokens, ["speed"] = tier == ServiceTier.Fast ? "fast" : "standard" };
        if (geo != InferenceGeo.Unstated)
        {
            body["inference_geo"] = geo == InferenceGeo.Us ? "us" : "global";
        }
        if (calls is { } most)
        {
            body["tools"] = new JsonArray(new JsonObject { ["type"] = "web_search_20250305", ["name"] = "web_search", ["max_uses"] = most });
        }
        return body;
    }

    private static JsonObject Contents(string text, int maxTokens, int choices, ServiceTier tier, bool hasTool)
    {
        var body = new JsonObject
        {
            ["contents"] = new JsonArray(new JsonObject { ["parts"] = new JsonArray(new JsonObject { ["text"] = text }) }),
            ["generationConfig"] = new JsonObject { ["maxOutputTokens"] = maxTokens, ["candidateCount"] = choices },
            ["serviceTier"] = tier switch { ServiceTier.Priority => "priority", ServiceTier.Flex => "flex", ServiceTier.Fast => "SERVICE_TIER_PRIORITY", _ => "standard" },
        };
        if (hasTool)
        {
            body["tools"] = new JsonArray(new JsonObject { ["googleSearch"] = new JsonObject() });
        }
        return body;
    }

    private static JsonObject Message(string text) => new() { ["role"] = "user", ["content"] = text };

    private static string OpenAI(ServiceTier tier) => tier == ServiceTier.Standard ? "default" : tier.ToString().ToLowerInvariant();
}
