using System.Buffers;
using System.Globalization;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Gateway.Refusals;

/// <summary>Answers with a refusal.</summary>
internal static class RefusalWriter
{
    public const string ErrorHeader = "x-credential-proxy-error";

    /// <summary>Sends the refusal, unless an answer is already under way.</summary>
    public static async Task WriteAsync(HttpContext context, ErrorShape shape, Refusal refusal, string requestId)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            context.Abort();
            return;
        }
        response.StatusCode = RefusalStatus.StatusOf(refusal.Code);
        response.ContentType = "application/json; charset=utf-8";
        response.Headers[ErrorHeader] = RefusalCodes.NameOf(refusal.Code);
        response.Headers.CacheControl = "no-store";
        if (refusal.RetryAfter is { } wait)
        {
            var seconds = (long)Math.Clamp(Math.Ceiling(wait.TotalSeconds), 1, int.MaxValue);
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
        if (refusal.IsFinal)
        {
            // Read by the OpenAI and Anthropic SDKs, which otherwise retry 408, 409, 429 and 5xx by themselves.
            response.Headers["x-should-retry"] = "false";
        }
        if (response.StatusCode == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }
        if (response.StatusCode == StatusCodes.Status426UpgradeRequired)
        {
            // RFC 9110 §15.5.22: the protocol that will do instead.
            response.Headers.Upgrade = "HTTP/1.1";
            response.Headers.Connection = "Upgrade";
        }
        var body = new ArrayBufferWriter<byte>(512);
        RefusalBody.Write(body, shape, refusal, requestId);
        response.ContentLength = body.WrittenCount;
        await response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }
}
