using System.Diagnostics;
using System.Net.Http.Headers;
using CredentialProxy.Core.Providers;
using CredentialProxy.Gateway.Authentication;
using CredentialProxy.Gateway.Redacting;
using CredentialProxy.Gateway.Reserving;
using CredentialProxy.Gateway.Swapping;
using CredentialProxy.Gateway.Tracing;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// One call to a provider: makes the outgoing request, in which the key stands where the token stood and nothing passes that is not meant to, and puts
/// the meter into the answer.
/// </summary>
internal sealed class UpstreamExchange(ProxyRequest request, UpstreamTransport transport, UpstreamCall call) : HttpTransformer
{
    // Clients that speak this version or a later one send the key as a bearer token; https://docs.anthropic.com/en/api/versioning
    private const string FirstBearerVersion = "2026-10-21";

    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        using (request.Trace?.Begin(SpanNames.Swap))
        {
            Swap(httpContext.Request.Headers, proxyRequest);
        }
        request.Trace?.BeginCall(request);
        if (request.Route.Provider.IsSentTraceContext && (request.Trace?.Call ?? Activity.Current) is { IdFormat: ActivityIdFormat.W3C, Id: { } trace })
        {
            proxyRequest.Headers.TryAddWithoutValidation(HeaderNames.TraceParent, trace);
        }
        request.Delivery = Delivery.Unanswered;
        return default;
    }

    private void Swap(IHeaderDictionary headers, HttpRequestMessage proxyRequest)
    {
        var route = request.Route;
        var slot = SlotOf(route, headers);
        var query = QuerySlot.Remove(request.Target.Query, slot.Kind == SlotKind.Query ? slot.Name : null);
        proxyRequest.RequestUri = transport.Addresses.Of(route, query);
        var content = call.Body ?? proxyRequest.Content;
        CopyHeaders(headers, proxyRequest, content?.Headers, transport.RequestHeadersOf(route.Provider));
        PutKey(proxyRequest, slot);
        if (call.Body is { } body && request.IsJson && !JsonContentType.IsRight(headers.ContentType))
        {
            body.Headers.Remove(HeaderNames.ContentType);
            body.Headers.TryAddWithoutValidation(HeaderNames.ContentType, JsonContentType.Value);
        }
        // Meter and redactor must be able to read the answer; what is sent compressed all the same is decoded beside them.
        proxyRequest.Headers.TryAddWithoutValidation(HeaderNames.AcceptEncoding, ContentCodings.Identity);
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return false;
        }
        request.Delivery = Delivery.Answered;
        var answer = transport.Meters.Create(request, proxyResponse);
        request.Answer = answer;
        if (answer.IsUnreadable)
        {
            return false;
        }
        // The forwarder has copied it, and it may say anything; clients don't read it (RFC 9112 §4).
        httpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = null;
        var headers = httpContext.Response.Headers;
        CopyHeaders(proxyResponse.Headers, headers);
        CopyHeaders(proxyResponse.Content.Headers, headers);
        CopyLocation(proxyResponse.Headers, headers);
        httpContext.Response.ContentLength = answer.LengthForClient;
        if (answer.DecodesForClient)
        {
            // RFC 9530 §2: it is of the content as it was coded.
            headers.Remove("Content-Digest");
        }
        transport.Cors.Reflect(headers, httpContext.Request.Headers.Origin, isAllowedByToken: true);
        if (request.Reservation is { } reservation)
        {
            RemainingHeaders.Write(headers, reservation);
        }
        if (proxyResponse.IsSuccessStatusCode && request.Route.Endpoint!.Deletes)
        {
            await transport.Recorder.ForgetAsync(request);
        }
        ReleaseBody(answer);
        answer.OnHeaders();
        proxyResponse.Content = new AnswerContent(proxyResponse.Content, answer);
        if (answer.IsEventStream)
        {
            // The client sees that its stream has begun, however long the first event takes. Starting the answer alone would leave its head in a buffer.
            await httpContext.Response.Body.FlushAsync(cancellationToken);
        }
        return true;
    }

    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        if (httpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers)
        {
            CopyHeaders(proxyResponse.TrailingHeaders, trailers);
        }
        return default;
    }

    private void PutKey(HttpRequestMessage proxyRequest, in CredentialSlot slot)
    {
        switch (slot.Kind)
        {
            case SlotKind.Bearer:
                proxyRequest.Headers.TryAddWithoutValidation(HeaderNames.Authorization, request.Credential.BearerValue);
                break;
            case SlotKind.Header:
                // A setting may let the header pass by a prefix: what the client wrote into it must not stand beside the key.
                proxyRequest.Headers.Remove(slot.Name);
                proxyRequest.Headers.TryAddWithoutValidation(slot.Name, request.Credential.KeyValue);
                break;
            default:
                call.GiveQueryKey(slot.Name, request.Credential.KeyValue);
                break;
        }
    }

    // An answer may take an hour; a body that has been written to its end and led to one is not needed again.
    private void ReleaseBody(Metering.AnswerMeter answer)
    {
        if (answer.StatusCode < StatusCodes.Status400BadRequest && call.Body is { IsWritten: true })
        {
            request.Body?.Dispose();
        }
    }

    private static CredentialSlot SlotOf(in Core.Providers.Surface surface, in bool followsVersion, IHeaderDictionary headers) =>
        followsVersion && string.CompareOrdinal(headers["anthropic-version"].ToString(), FirstBearerVersion) >= 0 ? CredentialSlot.Bearer : surface.Slot;

    private static CredentialSlot SlotOf(in Route route, IHeaderDictionary headers) => SlotOf(route.Surface, route.Provider.SlotFollowsAnthropicVersion, headers);

    private static void CopyHeaders(IHeaderDictionary from, HttpRequestMessage to, HttpContentHeaders? toContent, HeaderPolicy policy)
    {
        var isRead = to.Method == HttpMethod.Get || to.Method == HttpMethod.Head;
        foreach (var (name, values) in from)
        {
            if (policy.Allows(name) && (isRead || !HeaderPolicy.IsForReadsAlone(name)))
            {
                AddHeader(to.Headers, toContent, name, values);
            }
        }
    }

    private static void AddHeader(HttpRequestHeaders to, HttpContentHeaders? toContent, string name, Microsoft.Extensions.Primitives.StringValues values)
    {
        if (values.Count == 1)
        {
            var value = values[0];
            if (!to.TryAddWithoutValidation(name, value))
            {
                toContent?.TryAddWithoutValidation(name, value);
            }
        }
        else if (!to.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
        {
            toContent?.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    private void CopyHeaders(HttpHeaders from, IHeaderDictionary to)
    {
        var policy = transport.ResponseHeadersOf(request.Route.Provider);
        var redactor = new HeaderRedactor(request.Credential.Forms, request.Answer!.IsError);
        foreach (var (name, values) in from.NonValidated)
        {
            if (policy.Allows(name) && !redactor.IsInName(name))
            {
                to[name] = values.Count == 1 ? redactor.Redact(values.ToString()) : values.Select(redactor.Redact).ToArray();
            }
        }
    }

    private void CopyLocation(HttpResponseHeaders from, IHeaderDictionary to)
    {
        if (Redirects.MayTell(request.Answer!.StatusCode) && from.NonValidated.TryGetValues(HeaderNames.Location, out var locations) && locations.Count == 1
            && Redirects.Rewrite(request.Route.Provider, transport.Addresses.Of(request.Route, ""), locations.ToString()) is { } location)
        {
            to.Location = new HeaderRedactor(request.Credential.Forms, isError: false).Redact(location);
        }
    }
}
