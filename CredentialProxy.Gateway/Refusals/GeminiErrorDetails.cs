using System.Globalization;
using System.Text.Json;
using CredentialProxy.Core.Judging;

namespace CredentialProxy.Gateway.Refusals;

/// <summary>The details of an error in Google's shape, https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto, by which Gemini CLI decides whether to try again.</summary>
internal static class GeminiErrorDetails
{
    public static void Write(Utf8JsonWriter json, Refusal refusal, int status, string requestId)
    {
        json.WriteStartArray("details");
        WriteErrorInfo(json, refusal, requestId);
        if (refusal.RetryAfter is { } wait)
        {
            Start(json, "RetryInfo");
            json.WriteString("retryDelay", Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture) + "s");
            json.WriteEndObject();
        }
        if (refusal.IsFinal && status == StatusCodes.Status429TooManyRequests)
        {
            // Quotas of a day are the only ones that Gemini CLI takes for used up; after any other 429 it tries again for minutes.
            Start(json, "QuotaFailure");
            json.WriteStartArray("violations");
            json.WriteStartObject();
            json.WriteString("quotaId", "CredentialProxyBudgetPerDay");
            json.WriteString("description", RefusalText.Shorten(refusal.Message, RefusalText.MaxRepeated));
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteErrorInfo(Utf8JsonWriter json, Refusal refusal, string requestId)
    {
        Start(json, "ErrorInfo");
        json.WriteString("reason", RefusalCodes.NameOf(refusal.Code).ToUpperInvariant());
        json.WriteString("domain", "credential-proxy");
        json.WriteStartObject("metadata");
        json.WriteString("code", RefusalCodes.NameOf(refusal.Code));
        json.WriteString("requestId", requestId);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Start(Utf8JsonWriter json, string type)
    {
        json.WriteStartObject();
        json.WriteString("@type", "type.googleapis.com/google.rpc." + type);
    }
}
