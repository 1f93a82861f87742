using System.Buffers;
using System.Text.Json;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Gateway.Refusals;

/// <summary>Writes a refusal in the shape that the provider's SDKs turn into their typed exceptions; see <see cref="ErrorShape"/> for the sources.</summary>
internal static class RefusalBody
{
    public static void Write(IBufferWriter<byte> output, ErrorShape shape, Refusal refusal, string requestId)
    {
        using var json = new Utf8JsonWriter(output);
        var status = RefusalStatus.StatusOf(refusal.Code);
        json.WriteStartObject();
        switch (shape)
        {
            case ErrorShape.Anthropic:
                json.WriteString("type", "error");
                json.WriteStartObject("error");
                json.WriteString("type", AnthropicType(status, refusal.Code));
                json.WriteString("message", RefusalText.Shorten(refusal.Message));
                json.WriteString("code", RefusalCodes.NameOf(refusal.Code));
                json.WriteEndObject();
                json.WriteString("request_id", requestId);
                break;
            case ErrorShape.Gemini:
                json.WriteStartObject("error");
                json.WriteNumber("code", status);
                json.WriteString("message", RefusalText.Shorten(refusal.Message));
                json.WriteString("status", GeminiStatus(status));
                GeminiErrorDetails.Write(json, refusal, status, requestId);
                json.WriteEndObject();
                break;
            case ErrorShape.OpenRouter:
                WriteOpenRouterError(json, refusal, requestId);
                break;
            default:
                WriteOpenAIError(json, refusal);
                break;
        }
        json.WriteEndObject();
    }

    /// <summary>The member <c>error</c> in OpenAI's shape.</summary>
    public static void WriteOpenAIError(Utf8JsonWriter json, Refusal refusal)
    {
        json.WriteStartObject("error");
        json.WriteString("message", RefusalText.Shorten(refusal.Message));
        json.WriteString("type", OpenAIType(RefusalStatus.StatusOf(refusal.Code), refusal.Code));
        json.WriteString("param", refusal.Parameter);
        json.WriteString("code", RefusalCodes.NameOf(refusal.Code));
        json.WriteEndObject();
    }

    /// <summary>The member <c>error</c> in OpenRouter's shape.</summary>
    public static void WriteOpenRouterError(Utf8JsonWriter json, Refusal refusal, string requestId)
    {
        var status = RefusalStatus.StatusOf(refusal.Code);
        json.WriteStartObject("error");
        json.WriteNumber("code", status);
        json.WriteString("message", RefusalText.Shorten(refusal.Message));
        json.WriteStartObject("metadata");
        json.WriteString("error_type", OpenRouterType(status, refusal.Code));
        json.WriteString("code", RefusalCodes.NameOf(refusal.Code));
        json.WriteString("request_id", requestId);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string OpenAIType(int status, RefusalCode code) => status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        429 => code == RefusalCode.BudgetExceeded ? "insufficient_quota" : "rate_limit_error",
        < 500 => "invalid_request_error",
        _ => "server_error",
    };

    private static string OpenRouterType(int status, RefusalCode code) => status switch
    {
        401 => "authentication",
        403 => "permission_denied",
        413 => "payload_too_large",
        429 => code == RefusalCode.BudgetExceeded ? "payment_required" : "rate_limit_exceeded",
        < 500 => "invalid_request",
        502 => "provider_unavailable",
        503 => "provider_overloaded",
        504 => "timeout",
        _ => "server",
    };

    private static string AnthropicType(int status, RefusalCode code) => status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => code == RefusalCode.BudgetExceeded ? "billing_error" : "rate_limit_error",
        < 500 => "invalid_request_error",
        503 => "overloaded_error",
        504 => "timeout_error",
        _ => "api_error",
    };

    private static string GeminiStatus(int status) => status switch
    {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        < 500 => "INVALID_ARGUMENT",
        503 or 502 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "INTERNAL",
    };
}
