using System.Diagnostics;
using CredentialProxy.Core.Judging;

namespace CredentialProxy.Gateway.Tracing;

/// <summary>
/// The trace of one request: its span of the server, which ASP.NET makes, and a span for each step. There is none for a request that is not sampled, or when nobody listens, so that such a request
/// makes nothing. No span ever holds a token, a key, a query or words of a prompt or an answer.
/// </summary>
internal sealed class RequestTrace
{
    private static readonly ActivitySource Source = new(SpanNames.Source);

    private readonly Activity _request;

    private RequestTrace(Activity request) => _request = request;

    /// <summary>The trace's id.</summary>
    public string Id => _request.TraceId.ToHexString();

    /// <summary>The id of the server's span.</summary>
    public string SpanId => _request.SpanId.ToHexString();

    /// <summary>The span of the call to the provider; null before it is made.</summary>
    public Activity? Call { get; private set; }

    /// <summary>The trace of the request that is being served; null where it is not sampled.</summary>
    public static RequestTrace? Begin() => Source.HasListeners() && Activity.Current is { IsAllDataRequested: true } request ? new RequestTrace(request) : null;

    /// <summary>Begins a step, which is over when its span is disposed.</summary>
    public Activity? Begin(string step) => Source.StartActivity(step, ActivityKind.Internal, _request.Context);

    /// <summary>Notes that a step ended in a refusal, and passes that on.</summary>
    public static Refusal? Noted(Activity? step, Refusal? refusal)
    {
        if (step is not null && refusal is not null)
        {
            Fail(step, RefusalCodes.NameOf(refusal.Code));
        }
        return refusal;
    }

    /// <summary>Begins the call to the provider.</summary>
    public void BeginCall(ProxyRequest request)
    {
        var current = Activity.Current;
        Call = CallSpan.Begin(Source, _request.Context, request);
        // It ends in another method than it began in, so it is nobody's current span.
        Activity.Current = current;
    }

    /// <summary>Ends the call to the provider; nothing happens where there was none.</summary>
    public void EndCall(ProxyRequest request, Refusal? refusal, TimeProvider time)
    {
        if (Call is { } call)
        {
            var current = Activity.Current;
            CallSpan.End(call, request, refusal, time);
            Activity.Current = current;
        }
    }

    /// <summary>Says of the request's own span what is known by now.</summary>
    public void End(ProxyRequest request, Refusal? refusal)
    {
        _request.SetTag(AttributeNames.RequestId, request.Id);
        if (request.Token?.Grant is { } grant)
        {
            _request.SetTag(AttributeNames.TokenId, grant.TokenId);
            _request.SetTag(AttributeNames.Project, grant.ProjectId);
        }
        if (request.Route.Endpoint is { } endpoint)
        {
            // Its path as it stands in the table, with places for what a client writes into it: few, and no secret.
            _request.DisplayName = $"{endpoint.Method} {endpoint.Path}";
            _request.SetTag(AttributeNames.HttpRoute, endpoint.Path);
            _request.SetTag(AttributeNames.GenAIProvider, GenAI.ProviderOf(request.Route.Provider));
            _request.SetTag(AttributeNames.Endpoint, endpoint.Name);
        }
        if (refusal is not null)
        {
            _request.SetTag(AttributeNames.Refusal, RefusalCodes.NameOf(refusal.Code));
        }
    }

    internal static void Fail(Activity span, string error)
    {
        span.SetTag(AttributeNames.ErrorType, error);
        span.SetStatus(ActivityStatusCode.Error);
    }
}
