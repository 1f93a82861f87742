using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Inspection.Extras;
using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Gateway.Refusals;

namespace CredentialProxy.Gateway.Inspection;

/// <summary>
/// Reads out of a body what the grant and the reservation turn on: the model, the output limit, whether it streams, which stored objects it names. Of endpoints without a dialect only that last
/// is read; a plain upload passes unread, as large as it may be.
/// </summary>
internal sealed class BodyInspector(BodyReader bodies, ManagedBodyInspector managed, PriceTable prices, GatewayOptions options)
{
    /// <summary>Inspects; refuses what can't be read, and models that the grant does not allow.</summary>
    public async ValueTask<Refusal?> InspectAsync(ProxyRequest request)
    {
        var endpoint = request.Route.Endpoint!;
        if (endpoint.Dialect == Dialect.None)
        {
            return await managed.InspectAsync(request, endpoint) ?? CheckUnreadModel(request, endpoint);
        }
        return await bodies.ReadAsync(request) ?? Read(request, endpoint);
    }

    private Refusal? Read(ProxyRequest request, Endpoint endpoint)
    {
        var isStreamPath = endpoint.Path.EndsWith(":streamGenerateContent", StringComparison.Ordinal);
        if (RequestInspector.Inspect(endpoint.Dialect, request.Body!.Content, request.Route.Model, isStreamPath, out var facts) is { } error)
        {
            return Invalid(error);
        }
        if (QueryRules.Check(request.Target.Query, facts.Model) is { } wrongQuery)
        {
            return wrongQuery;
        }
        request.Facts = facts;
        request.IsJson = true;
        if (facts.UsageEdit is { } edit)
        {
            request.Edits = request.Edits.With(edit);
        }
        request.Price = prices.Find(request.Route.Provider.Name, facts.Model);
        // The body is gone by the time that its stream breaks off.
        request.InputSample = facts.IsStream ? InputSample.Of(request.Body.Content) : null;
        return (facts.MayNameObjects ? ReadReferences(request, endpoint) : null)
            ?? CheckModel(request, facts.Model)
            ?? CheckFeatures(request, facts.Features);
    }

    private Refusal? CheckFeatures(ProxyRequest request, RequestedFeatures? features)
    {
        if (FeatureGate.Check(request, request.Token.IsSpendLimited) is { } refusal)
        {
            return refusal;
        }
        if (features is { Models.Count: > 0 } && CheckModels(request, features.Models) is { } notAllowed)
        {
            return notAllowed;
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

    // The operator lets others choose, but among these models only.
    private Refusal? CheckModels(ProxyRequest request, IReadOnlyList<string> models)
    {
        foreach (var model in models)
        {
            if (CheckModel(request, model) is { } notAllowed)
            {
                return notAllowed;
            }
        }
        request.OtherPrices = [.. models.Select(model => prices.Find(request.Route.Provider.Name, model))];
        return null;
    }

    // A second pass, for bodies of which the first one saw that they point to something.
    private static Refusal? ReadReferences(ProxyRequest request, Endpoint endpoint)
    {
        if (ReferenceReader.Read(request.Route.Provider.Kinds, endpoint.Dialect, request.Body!.Content, looksAtValues: false, out var references) is { } error)
        {
            return Invalid(error);
        }
        request.References = references.All.Count == 0 ? null : references;
        return references.AreTooMany ? ManagedBodyInspector.TooManyObjects : null;
    }

    // A body whose model isn't read may name any: out of reach for a token that is bound to some.
    private static Refusal? CheckUnreadModel(ProxyRequest request, Endpoint endpoint)
    {
        var model = request.Route.Model ?? request.Facts.Model;
        return endpoint.RunsUnreadModel && model.Length == 0 && !request.Token.Grant.Scope.Models.IsEmpty
            ? new Refusal(RefusalCode.ModelNotAllowed, "This token is bound to certain models, and this endpoint's requests aren't read for theirs.") { IsFinal = true }
            : CheckModel(request, model);
    }

    private static Refusal? CheckModel(ProxyRequest request, string? model)
    {
        var scope = request.Token.Grant.Scope;
        // A list of models bounds what is generated; a call that concerns no model at all is the endpoint list's to bound.
        if (string.IsNullOrEmpty(model))
        {
            return null;
        }
        if (!scope.AllowsModel(model))
        {
            return new Refusal(RefusalCode.ModelNotAllowed, "This token may not use the model that the request names.") { Parameter = "model", IsFinal = true };
        }
        return scope.AllowsTuned(model)
            ? null
            : new Refusal(RefusalCode.ModelNotAllowed, "A fine-tuned model is whoever's it was trained for: a token must be granted it by a pattern of models that begins with 'ft:'.") { Parameter = "model", IsFinal = true };
    }

    private static Refusal Invalid(InspectionError error) => new(RefusalCode.InvalidRequestBody, error.Message) { Parameter = error.Param, IsFinal = true };
}
