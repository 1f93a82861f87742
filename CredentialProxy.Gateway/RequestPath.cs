using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Routing;
using CredentialProxy.Gateway.Admitting;
using CredentialProxy.Gateway.Authentication;
using CredentialProxy.Gateway.Authorization;
using CredentialProxy.Gateway.Cors;
using CredentialProxy.Gateway.Forwarding;
using CredentialProxy.Gateway.Inspection;
using CredentialProxy.Gateway.Measuring;
using CredentialProxy.Gateway.Metering;
using CredentialProxy.Gateway.Ownership;
using CredentialProxy.Gateway.Refusals;
using CredentialProxy.Gateway.Reserving;
using CredentialProxy.Gateway.Tracing;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialProxy.Gateway;

/// <summary>
/// One request, top to bottom. Each step is a type of its own, answers with a refusal or lets the request go on, and knows nothing of the others; this is the
/// one place that knows their order. Settling stands in <c>finally</c>: it runs whatever happened above.
/// </summary>
internal sealed partial class RequestPath(
    CorsPolicy cors,
    Router router,
    TokenAuthenticator authenticator,
    Authorizer authorizer,
    Admitter admitter,
    BodyInspector inspector,
    OwnershipGuard ownership,
    Reserver reserver,
    Forwarder forwarder,
    Settler settler,
    RefusalLog refusals,
    RequestMeters meters,
    TimeProvider time,
    ILogger<RequestPath> logger)
{
    public const string RequestIdHeader = "x-credential-proxy-request-id";

    /// <summary>Serves one request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        using var request = new ProxyRequest(context, RequestIds.Next(), time.GetTimestamp());
        PrepareAnswer(request);
        if (cors.TryAnswerPreflight(context))
        {
            return;
        }
        Refusal? refusal = null;
        try
        {
            try
            {
                refusal = Route(request)                            // 1 route
                    ?? TakeToken(request)                           // 2 slot
                    ?? await AuthenticateAsync(request)             // 3 authenticate
                    ?? Authorize(request)                           // 4 authorize
                    ?? admitter.Admit(request)                      //   and only if there is room:
                    ?? await InspectAsync(request)                  // 5 inspect
                    ?? await ReserveAsync(request)                  // 6 reserve
                    ?? await forwarder.ForwardAsync(request);       // 7 swap, 8 forward, 9 meter
            }
            catch (Exception) when (context.RequestAborted.IsCancellationRequested)
            {
                Log.ClientLeft(logger, request.Id);
                return;
            }
            catch (Exception e)
            {
                Log.Failed(logger, request.Id, e);
                refusal = new Refusal(RefusalCode.InternalError, "The gateway failed on this request; its log tells why.");
            }
            finally
            {
                settler.Settle(request);                            // 10 settle
            }
            if (refusal is not null)
            {
                await RefuseAsync(request, refusal);
            }
        }
        finally
        {
            request.Trace?.End(request, refusal);
            meters.Ended(request, refusal);
        }
    }

    private static void PrepareAnswer(ProxyRequest request)
    {
        request.Context.Response.Headers[RequestIdHeader] = request.Id;
    }

    private Refusal? Route(ProxyRequest request)
    {
        var context = request.Context;
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!RequestTarget.TryParse(raw, out var target))
        {
            return new Refusal(
                RefusalCode.InvalidRequestTarget,
                "The request target must be a plain absolute path: no '//', no dot segments, no backslash, no escaped slash or dot, no control characters.")
            { IsFinal = true };
        }
        request.Target = target;
        request.Route = router.Find(context.Request.Method, target.Path, context.Request.Headers.ContainsKey("anthropic-version"));
        return context.Request.Headers.Upgrade is { Count: > 0 } upgrade && !upgrade.ToString().StartsWith("h2c", StringComparison.OrdinalIgnoreCase)
            && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
            ? new Refusal(RefusalCode.UpgradeNotSupported, "This endpoint can't be upgraded to another protocol.") { IsFinal = true }
            : null;
    }

    private static Refusal? TakeToken(ProxyRequest request)
    {
        var refusal = TokenSlots.Take(request.Context.Request.Headers, request.Target.Query, out var token);
        request.PresentedToken = token;
        return refusal;
    }

    private async ValueTask<Refusal?> AuthenticateAsync(ProxyRequest request)
    {
        using var span = request.Trace?.Begin(SpanNames.Authenticate);
        if (await authenticator.AuthenticateAsync(request) is { } refusal)
        {
            return RequestTrace.Noted(span, refusal);
        }
        request.Route = router.Refine(request.Route, request.Context.Request.Method, request.Target.Path, request.Token.Grant);
        return null;
    }

    private Refusal? Authorize(ProxyRequest request)
    {
        using var span = request.Trace?.Begin(SpanNames.Authorize);
        return RequestTrace.Noted(span, authorizer.Authorize(request));
    }

    private async ValueTask<Refusal?> InspectAsync(ProxyRequest request)
    {
        using var span = request.Trace?.Begin(SpanNames.Inspect);
        return RequestTrace.Noted(span, await inspector.InspectAsync(request) ?? await ownership.CheckAsync(request));  // and what it names of what is stored
    }

    private async ValueTask<Refusal?> ReserveAsync(ProxyRequest request)
    {
        using var span = request.Trace?.Begin(SpanNames.Reserve);
        return RequestTrace.Noted(span, await reserver.ReserveAsync(request));
    }

    private async Task RefuseAsync(ProxyRequest request, Refusal refusal)
    {
        var context = request.Context;
        refusals.Write(request.Id, refusal.Code, request.Token?.Grant.TokenId);
        if (!context.Response.HasStarted)
        {
            context.Response.Clear();
            PrepareAnswer(request);
            cors.Reflect(context.Response.Headers, context.Request.Headers.Origin, refusal.Code != RefusalCode.OriginNotAllowed);
        }
        try
        {
            await RefusalWriter.WriteAsync(context, request.ErrorShape, refusal, request.Id);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            Log.ClientLeft(logger, request.Id);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2002, LogLevel.Debug, "Request {RequestId}: the client went away")]
        public static partial void ClientLeft(ILogger logger, string requestId);

        [LoggerMessage(2003, LogLevel.Error, "Request {RequestId} failed in the gateway")]
        public static partial void Failed(ILogger logger, string requestId, Exception exception);
    }
}
