using System.Diagnostics;
using CredentialProxy.Core.Judging;

namespace CredentialProxy.Gateway.Tracing;

/// <summary>The span of a call to a provider, as OpenTelemetry's conventions for generative AI have it: <c>chat gpt-4o</c>. Made for sampled requests alone.</summary>
internal static class CallSpan
{
    /// <summary>Most characters of a name that a client or a provider wrote.</summary>
    private const int MaxName = 128;

    public static Activity? Begin(ActivitySource source, ActivityContext parent, ProxyRequest request)
    {
        var (provider, endpoint) = (request.Route.Provider, request.Route.Endpoint!);
        var operation = GenAI.OperationOf(endpoint);
        var model = Bounded(request.Facts.Model);
        if (source.StartActivity(model.Length > 0 ? $"{operation ?? endpoint.Name} {model}" : operation ?? endpoint.Name, ActivityKind.Client, parent) is not { } span)
        {
            return null;
        }
        span.SetTag(AttributeNames.GenAIProvider, GenAI.ProviderOf(provider));
        span.SetTag(AttributeNames.ServerAddress, provider.BaseUrl.Host);
        span.SetTag(AttributeNames.ServerPort, provider.BaseUrl.Port);
        span.SetTag(AttributeNames.Credential, request.Credential.Credential.Id);
        span.SetTag(AttributeNames.Endpoint, endpoint.Name);
        if (operation is not null)
        {
            span.SetTag(AttributeNames.GenAIOperation, operation);
            span.SetTag(AttributeNames.GenAIStream, request.Facts.IsStream);
        }
        if (model.Length > 0)
        {
            span.SetTag(AttributeNames.GenAIRequestModel, model);
        }
        return span;
    }

    public static void End(Activity span, ProxyRequest request, Refusal? refusal, TimeProvider time)
    {
        if (request.Answer is { } answer)
        {
            span.SetTag(AttributeNames.StatusCode, answer.StatusCode);
            if (answer.Usage is { HasUsage: true } meter)
            {
                span.SetTag(AttributeNames.GenAIInputTokens, meter.Usage.InputTokens);
                span.SetTag(AttributeNames.GenAIOutputTokens, meter.Usage.OutputTokens);
                span.SetTag(AttributeNames.GenAICachedTokens, meter.Usage.CachedInputTokens);
            }
            if (answer.Usage?.Model is { } model)
            {
                span.SetTag(AttributeNames.GenAIResponseModel, Bounded(model));
            }
            if (answer is { IsEventStream: true, FirstBytesTimestamp: > 0 })
            {
                span.SetTag(AttributeNames.GenAITimeToFirstChunk, time.GetElapsedTime(request.Open!.SentTimestamp, answer.FirstBytesTimestamp).TotalSeconds);
            }
        }
        if (ErrorOf(request, refusal) is { } error)
        {
            RequestTrace.Fail(span, error);
        }
        span.Dispose();
    }

    /// <summary>What went wrong with the call; null where nothing did.</summary>
    public static string? ErrorOf(ProxyRequest request, Refusal? refusal) => refusal is not null
        ? RefusalCodes.NameOf(refusal.Code)
        : request.Answer is not { } answer
            ? "no_answer"
            : GenAI.ErrorOf(answer.StatusCode) ?? (answer.HasEnded ? null : request.HasClientLeft ? "client_left" : "broken_off");

    private static string Bounded(string name) => name.Length <= MaxName ? name : name[..MaxName];
}
