using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Gateway.Inspection;

/// <summary>
/// Reads out of a body what the grant and the reservation turn on: the model, the output limit, whether it streams, which stored objects it names. Of endpoints without a dialect only that last
/// is read; a plain upload passes unread, as large as it may be.
/// </summary>
internal sealed class BodyInspector(BodyReader bodies, ManagedBodyInspector managed, IDirectory directory, GatewayOptions options)
{
    /// <summary>Inspects; refuses what can't be read, and models that the grant does not allow.</summary>
    public async ValueTask<Refusal?> InspectAsync(ProxyRequest request)
    {
        var endpoint = request.Route.Endpoint!;
        if (endpoint.Dialect == Dialect.None)
        {
            return await managed.InspectAsync(request, endpoint) ?? ModelGate.CheckUnread(request.Token.Grant.Scope, endpoint, request.Route.Model ?? request.Facts.Model);
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
        var prices = directory.Prices;
        request.Prices = prices;
        request.Price = prices.Find(request.Route.Provider.Name, facts.Model);
        // The body is gone by the time that its stream breaks off.
        request.InputSample = facts.IsStream ? InputSample.Of(request.Body.Content) : null;
        return (facts.MayNameObjects ? ReadReferences(request, endpoint) : null) ?? Hold(request, prices);
    }

    private Refusal? Hold(ProxyRequest request, PriceTable prices)
    {
        var refusal = BodyRules.Check(request.Judged, prices, options.HostedToolCalls, out var otherPrices, out var edits);
        request.OtherPrices = otherPrices;
        request.Edits = request.Edits.With(edits);
        request.IsHeld = request.Token.IsSpendLimited;
        return refusal;
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

    private static Refusal Invalid(InspectionError error) => new(RefusalCode.InvalidRequestBody, error.Message) { Parameter = error.Param, IsFinal = true };
}
