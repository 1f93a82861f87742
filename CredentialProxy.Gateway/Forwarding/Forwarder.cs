using System.Net;
using CredentialProxy.Core.Judging;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>Sends a request to its provider and the answer to the client, through YARP's forwarder.</summary>
internal sealed class Forwarder(IHttpForwarder forwarder, UpstreamTransport transport, OpenRequests openRequests, TokenFollower tokens, TimeProvider time)
{
    // Deadlines are ours (OpenRequests): YARP's own would set a timer for each request. HTTP/2 where the upstream's TLS offers it, else HTTP/1.1.
    private static readonly ForwarderRequestConfig Config = new()
    {
        ActivityTimeout = Timeout.InfiniteTimeSpan,
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        AllowResponseBuffering = false,
    };

    /// <summary>Forwards; a refusal when the upstream failed before anything of its answer had gone to the client.</summary>
    public async ValueTask<Refusal?> ForwardAsync(ProxyRequest request)
    {
        var context = request.Context;
        var grant = request.Token.Grant;
        var provider = request.Route.Provider;
        var call = transport.CallTo(provider);
        if (request.Body is { } body && context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false })
        {
            call.Body = new HeldContent(request.Edits.Apply(body.Content));
            // The forwarder would else prepare to copy it.
            context.Features.Set<IHttpRequestBodyDetectionFeature>(NothingToCopy.Instance);
        }
        var open = openRequests.Enter(grant.TokenId, grant.ExpiresAt, request.Token.KeyId);
        request.Open = open;
        open.Request = request;
        tokens.Entered(request);
        Refusal? refusal = null;
        try
        {
            var error = await forwarder.SendAsync(
                context, provider.BaseUrl.OriginalString, call, Config, new UpstreamExchange(request, transport, call), open.Token);
            refusal = error != ForwarderError.None
                ? Explain(request, error)
                : request.Answer is { IsUnreadable: true } && !context.Response.HasStarted ? UpstreamFailure.Unreadable : null;
            return refusal;
        }
        finally
        {
            openRequests.Leave(open);
            request.Trace?.EndCall(request, refusal, time);
            if (call.Body is { } held)
            {
                await held.EndAsync();
            }
        }
    }

    private sealed class NothingToCopy : IHttpRequestBodyDetectionFeature
    {
        public static readonly NothingToCopy Instance = new();

        public bool CanHaveBody => false;
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
