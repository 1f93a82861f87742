using CredentialProxy.Core.Judging;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialProxy.Gateway.Inspection;

/// <summary>Takes the body of a request in, as a whole or unread, within its bounds.</summary>
internal sealed class BodyReader(GatewayOptions options)
{
    // A body that can never be held is too large, and not one to try again with.
    private readonly long _maxInspectedBytes = Math.Min(options.MaxInspectedBodyBytes, Math.Min(options.MaxHeldBytesPerToken, options.MaxHeldBytes));

    /// <summary>Reads the body into memory; refuses what is encoded, too large or breaks off.</summary>
    public async ValueTask<Refusal?> ReadAsync(ProxyRequest request)
    {
        if (request.Context.Request.Headers.ContentEncoding.Count > 0)
        {
            return new Refusal(RefusalCode.UnsupportedContentEncoding, "The request's body must not be compressed: send it without Content-Encoding.") { IsFinal = true };
        }
        if (request.Context.Request.ContentLength > _maxInspectedBytes)
        {
            return TooLarge(_maxInspectedBytes);
        }
        try
        {
            (request.Body, var refusal) = await SpooledBody.ReadAsync(request.Context.Request, request.Admission, _maxInspectedBytes);
            return refusal;
        }
        catch (IOException e)
        {
            // A client that goes away in the middle breaks the body off as well, a moment before the request counts as aborted.
            return e is BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout }
                ? new Refusal(RefusalCode.RequestTimeout, "The request's body did not arrive in time.")
                : new Refusal(RefusalCode.InvalidRequestBody, "The request's body broke off or is not framed as HTTP asks.") { IsFinal = true };
        }
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

    /// <summary>Refuses a body for its size.</summary>
    public static Refusal TooLarge(long maxBytes) =>
        new(RefusalCode.RequestTooLarge, $"The request's body is larger than the {maxBytes} bytes that are taken here.") { IsFinal = true };
}
