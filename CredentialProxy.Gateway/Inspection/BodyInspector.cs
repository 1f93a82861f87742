using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Inspection.Extras;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Gateway.Refusals;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialProxy.Gateway.Inspection;

/// <summary>
/// Reads out of a body what the grant and the reservation turn on: the model, the output limit, whether it streams. A body that isn't metered passes
/// unread, as large as it may be.
/// </summary>
internal sealed class BodyInspector(PriceTable prices, GatewayOptions options)
{
    /// <summary>Inspects; refuses what can't be read, and models that the grant does not allow.</summary>
    public async ValueTask<Refusal?> InspectAsync(ProxyRequest request)
    {
        var endpoint = request.Route.Endpoint!;
        if (endpoint.Dialect == Dialect.None)
        {
            return LimitUnreadBody(request) ?? CheckUnreadModel(request, endpoint);
        }
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
        return request.Body is null ? TooLarge(options.MaxInspectedBodyBytes) : Read(request, endpoint);
    }

    private Refusal? Read(ProxyRequest request, Endpoint endpoint)
    {
        var isStreamPath = endpoint.Path.EndsWith(":streamGenerateContent", StringComparison.Ordinal);
        if (RequestInspector.Inspect(endpoint.Dialect, request.Body!.Content, request.Route.Model, isStreamPath, out var facts) is { } error)
        {
            return new Refusal(RefusalCode.InvalidRequestBody, error.Message) { Parameter = error.Param, IsFinal = true };
        }
        if (QueryRules.Check(request.Target.Query, facts.Model) is { } wrongQuery)
        {
            return wrongQuery;
        }
        request.Facts = facts;
        if (facts.UsageEdit is { } edit)
        {
            request.Edits = request.Edits.With(edit);
        }
        request.Price = prices.Find(request.Route.Provider.Name, facts.Model);
        return CheckModel(request, facts.Model) ?? CheckFeatures(request, facts.Features);
    }

    private Refusal? CheckFeatures(ProxyRequest request, RequestedFeatures? features)
    {
        if (FeatureGate.Check(request, request.Token.IsSpendLimited) is { } refusal)
        {
            return refusal;
        }
        if (features is { Models.Count: > 0 })
        {
            // The operator lets others choose, but among these models only.
            foreach (var model in features.Models)
            {
                if (CheckModel(request, model) is { } notAllowed)
                {
                    return notAllowed;
                }
            }
            request.OtherPrices = [.. features.Models.Select(model => prices.Find(request.Route.Provider.Name, model))];
        }
        if (!request.Token.IsSpendLimited)
        {
            return null;
        }
        var cantHold = BodyHold.TryHold(request, options, out var edits);
        request.Edits = request.Edits.With(edits);
        request.IsHeld = true;
        return cantHold;
    }

    // A body that passes unread may name any model: out of reach for a token that is bound to some.
    private static Refusal? CheckUnreadModel(ProxyRequest request, Endpoint endpoint) =>
        endpoint.Charging == Charging.Unmetered && request.Route.Model is null && !request.Token.Grant.Scope.Models.IsEmpty
            ? new Refusal(RefusalCode.ModelNotAllowed, "This token is bound to certain models, and this endpoint's requests aren't read for theirs.") { IsFinal = true }
            : CheckModel(request, request.Route.Model);

    private static Refusal? CheckModel(ProxyRequest request, string? model)
    {
        var scope = request.Token.Grant.Scope;
        // A list of models bounds what is generated; a call that concerns no model at all is the endpoint list's to bound.
        return string.IsNullOrEmpty(model) || scope.AllowsModel(model)
            ? null
            : new Refusal(RefusalCode.ModelNotAllowed, "This token may not use the model that the request names.") { Parameter = "model", IsFinal = true };
    }

    private Refusal? LimitUnreadBody(ProxyRequest request)
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
