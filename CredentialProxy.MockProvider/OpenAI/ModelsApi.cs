using System.Text.Json.Nodes;

namespace CredentialProxy.MockProvider.OpenAI;

/// <summary>Lists of models, in each provider's form.</summary>
internal static class ModelsApi
{
    private static readonly string[] OpenAIModels = ["gpt-4o", "gpt-4o-mini", "gpt-5", "text-embedding-3-small"];
    private static readonly string[] AnthropicModels = ["claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5"];
    private static readonly string[] GeminiModels = ["gemini-2.5-pro", "gemini-2.5-flash", "gemini-embedding-001"];
    private static readonly string[] OpenRouterModels = ["openai/gpt-4o-mini", "anthropic/claude-sonnet-4.5"];

    public static void Map(WebApplication app)
    {
        foreach (var prefix in new[] { "/v1", "/api/v1", "/v1beta", "/v1alpha", "/v1beta/openai" })
        {
            app.MapGet(prefix + "/models", context => ListAsync(Exchange.Of(context)));
            app.MapGet(prefix + "/models/{id}", (HttpContext context, string id) => GetAsync(Exchange.Of(context), id));
        }
    }

    private static Task ListAsync(Exchange exchange)
    {
        var models = ModelsOf(exchange.Api).Select(id => (JsonNode)Describe(exchange.Api, id)).ToArray();
        return exchange.SendJsonAsync(
            "",
            exchange.Api switch
            {
                ApiKind.Anthropic => new JsonObject { ["data"] = new JsonArray(models), ["has_more"] = false, ["first_id"] = AnthropicModels[0], ["last_id"] = AnthropicModels[^1] },
                ApiKind.Gemini => new JsonObject { ["models"] = new JsonArray(models) },
                _ => new JsonObject { ["object"] = "list", ["data"] = new JsonArray(models) },
            },
            0);
    }

    private static Task GetAsync(Exchange exchange, string id) => ModelsOf(exchange.Api).Contains(id)
        ? exchange.SendJsonAsync("", Describe(exchange.Api, id), 0)
        : exchange.FailAsync(StatusCodes.Status404NotFound, $"The model '{id}' does not exist");

    private static string[] ModelsOf(ApiKind api) => api switch
    {
        ApiKind.Anthropic => AnthropicModels,
        ApiKind.Gemini or ApiKind.GeminiOpenAI => GeminiModels,
        ApiKind.OpenRouter => OpenRouterModels,
        _ => OpenAIModels,
    };

    private static JsonObject Describe(ApiKind api, string id) => api switch
    {
        ApiKind.Anthropic => new JsonObject { ["type"] = "model", ["id"] = id, ["display_name"] = id, ["created_at"] = "2026-01-01T00:00:00Z" },
        ApiKind.Gemini => new JsonObject
        {
            ["name"] = "models/" + id,
            ["version"] = "001",
            ["displayName"] = id,
            ["inputTokenLimit"] = 1_048_576,
            ["outputTokenLimit"] = 65_536,
            ["supportedGenerationMethods"] = new JsonArray("generateContent", "countTokens"),
        },
        _ => new JsonObject { ["id"] = id, ["object"] = "model", ["created"] = 1_767_225_600, ["owned_by"] = "mock" },
    };
}
