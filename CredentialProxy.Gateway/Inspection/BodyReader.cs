using CredentialProxy.Gateway.Refusals;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialProxy.Gateway.Inspection;

/// <summary>Takes the body of a request in, as a whole or unread, within its bounds.</summary>
internal sealed class BodyReader(GatewayOptions options)
{
    /// <summary>Reads the body into memory; refuses what is encoded, too large or breaks off.</summary>
    public async ValueTask<Refusal?> ReadAsync(ProxyRequest request)
    {
        if (request.Context.Request.Headers.ContentEncoding.Count > 0)
        {
            return new Refusal(RefusalCode.UnsupportedContentEncoding, "The request's body must not be compressed: send it without Content-Encoding.") { IsFinal = true };
        }
        if (request.Context.Request.ContentLength > options.MaxInspectedBodyBytes)
        {
            return TooLarge(options.MaxInspectedBodyBytes);
        }
        try
        {
            request.Body = await SpooledBody.ReadAsync(request.Context.Request.BodyReader, options.MaxInspectedBodyBytes, request.Context.RequestAborted);
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode == StatusCodes.Status408RequestTimeout
                ? new Refusal(RefusalCode.RequestTimeout, "The request's body did not arrive in time.")
                : new Refusal(RefusalCode.InvalidRequestBody, "The request's body broke off or is not framed as HTTP asks.") { IsFinal = true };
        }
        return request.Body is null ? TooLarge(options.MaxInspectedBodyBytes) : null;
    }

    /// <summary>Lets the body pass unread, up to a size.</summary>
    public Refusal? PassUnread(ProxyRequest request)
    {
        if (request.Context.Request.ContentLength > options.MaxBodyBytes)
        {
            return TooLarge(options.MaxBodyBytes);
        }
        if (request.Context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = options.MaxBodyBytes;
        }
        return null;
    }

    private static Refusal TooLarge(long maxBytes) =>
        new(RefusalCode.RequestTooLarge, $"The request's body is larger than the {maxBytes} bytes that are taken here.") { IsFinal = true };
}
