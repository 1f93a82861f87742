using System.Net;
using CredentialProxy.Gateway.Refusals;
using Yarp.ReverseProxy.Forwarder;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>Sends a request to its provider and the answer to the client, through YARP's forwarder.</summary>
internal sealed class Forwarder(IHttpForwarder forwarder, UpstreamTransport transport, OpenRequests openRequests)
{
    // Deadlines are ours (OpenRequests), so YARP's own idle time-out is out of the way. HTTP/2 where the upstream's TLS offers it, else HTTP/1.1.
    private static readonly ForwarderRequestConfig Config = new()
    {
        ActivityTimeout = TimeSpan.FromDays(1),
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        AllowResponseBuffering = false,
    };

    /// <summary>Forwards; a refusal when the upstream failed before anything of its answer had gone to the client.</summary>
    public async ValueTask<Refusal?> ForwardAsync(ProxyRequest request)
    {
        var context = request.Context;
        var grant = request.Token.Grant;
        var open = openRequests.Enter(grant.TokenId, grant.ExpiresAt);
        request.Open = open;
        try
        {
            if (request.Body is { } body)
            {
                context.Request.Body = request.Edits.Open(body.Content);
            }
            var provider = request.Route.Provider;
            var error = await forwarder.SendAsync(
                context, provider.BaseUrl.OriginalString, transport.ClientOf(provider), Config, new UpstreamExchange(request, transport), open.Token);
            if (error != ForwarderError.None)
            {
                return Explain(request, error);
            }
            return request.Answer is { IsUnreadable: true } && !context.Response.HasStarted ? UpstreamFailure.Unreadable : null;
        }
        finally
        {
            openRequests.Leave(open);
        }
    }

    private static Refusal? Explain(ProxyRequest request, ForwarderError error)
    {
        var cause = request.Context.GetForwarderErrorFeature()?.Exception;
        if (request.Delivery == Delivery.Unanswered && UpstreamFailure.IsBeforeSending(cause))
        {
            request.Delivery = Delivery.NotSent;
        }
        if (request.Context.Response.HasStarted || request.Context.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
        return error is ForwarderError.RequestBodyClient
            ? new Refusal(RefusalCode.InvalidRequestBody, "The request's body broke off.")
            : UpstreamFailure.Explain(request.Open!.Reason, cause);
    }
}
