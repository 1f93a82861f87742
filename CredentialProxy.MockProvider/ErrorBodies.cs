using System.Text.Json.Nodes;
using CredentialProxy.MockProvider.Generation;

namespace CredentialProxy.MockProvider;

/// <summary>Error bodies as each provider writes them.</summary>
internal static class ErrorBodies
{
    public static JsonObject Of(ApiKind api, int status, string message) => api switch
    {
        ApiKind.Anthropic => new JsonObject
        {
            ["type"] = "error",
            ["error"] = new JsonObject { ["type"] = AnthropicType(status), ["message"] = message },
            ["request_id"] = Ids.New("req_"),
        },
        ApiKind.Gemini => new JsonObject { ["error"] = new JsonObject { ["code"] = status, ["message"] = message, ["status"] = GeminiStatus(status) } },
        ApiKind.OpenRouter => new JsonObject { ["error"] = new JsonObject { ["code"] = status, ["message"] = message } },
        _ => new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["message"] = message,
                ["type"] = status switch { 429 => "rate_limit_error", >= 500 => "server_error", _ => "invalid_request_error" },
                ["param"] = null,
                ["code"] = status switch { 401 => "invalid_api_key", 404 => "model_not_found", 429 => "rate_limit_exceeded", _ => null },
            },
        },
    };

    private static string AnthropicType(int status) => status switch
    {
        400 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    };

    private static string GeminiStatus(int status) => status switch
    {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        _ => "INTERNAL",
    };
}
