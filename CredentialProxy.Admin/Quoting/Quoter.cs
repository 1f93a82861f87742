using System.Buffers;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Routing;
using CredentialProxy.Core.Vault;
using Endpoint = CredentialProxy.Core.Providers.Endpoint;
using Route = CredentialProxy.Core.Routing.Route;

namespace CredentialProxy.Admin.Quoting;

/// <summary>Takes a request through the gateway's own rules up to where it would reserve, and holds nothing.</summary>
internal sealed class Quoter(Router router, IDirectory directory, AdminOptions options, TimeProvider time)
{
    /// <summary>Judges a request.</summary>
    public Quoted Judge(Grant grant, string method, string path, ReadOnlySequence<byte> body)
    {
        if (grant.IsRevoked)
        {
            return Refused(null, new Refusal(RefusalCode.TokenRevoked, "The token has been revoked or disabled."));
        }
        if (grant.ExpiresAt <= time.GetUtcNow())
        {
            return Refused(null, new Refusal(RefusalCode.TokenExpired, "The token has expired."));
        }
        var route = router.Refine(router.Find(method, path, namesAnthropicVersion: false), method, path, grant);
        if (EndpointGate.Check(grant, route, method) is { } closed)
        {
            return Refused(route.Provider, closed);
        }
        return route.Endpoint!.Dialect == Dialect.None ? Unread(grant, route) : Read(grant, route, body);
    }

    private Quoted Unread(Grant grant, Route route) => ModelGate.CheckUnread(grant.Scope, route.Endpoint!, route.Model) is { } refusal
        ? Refused(route.Provider, refusal)
        : new Quoted
        {
            Provider = route.Provider,
            Model = route.Model ?? "",
            WorstCase = new Demand(0, 0),
            Refusal = MissingCredential(grant, route.Provider),
            Credentials = [.. CredentialsOf(grant, route.Provider).Select(credential => (credential, new Demand(0, 0), IsLimited(credential) && route.Endpoint!.IsUnmetered ? Unmetered : null))],
        };

    private Quoted Read(Grant grant, in Route route, ReadOnlySequence<byte> body)
    {
        var endpoint = route.Endpoint!;
        var isStreamPath = endpoint.Path.EndsWith(":streamGenerateContent", StringComparison.Ordinal);
        if (RequestInspector.Inspect(endpoint.Dialect, body, route.Model, isStreamPath, out var facts) is { } error)
        {
            return Refused(route.Provider, new Refusal(RefusalCode.InvalidRequestBody, error.Message) { Parameter = error.Param });
        }
        var prices = directory.Prices;
        var price = prices.Find(route.Provider.Name, facts.Model);
        var judged = Judged(in facts, grant, route.Provider, endpoint, price, null);
        if (BodyRules.Check(judged, prices, options.HostedToolCalls, out var others, out _) is { } refusal)
        {
            return Refused(route.Provider, refusal) with { Model = facts.Model };
        }
        judged = Judged(in facts, grant, route.Provider, endpoint, price, others);
        var credentials = new List<(Credential, Demand, Refusal?)>();
        foreach (var credential in CredentialsOf(grant, route.Provider))
        {
            var isLimited = IsLimited(credential);
            var cantHold = isLimited && !grant.IsSpendLimited ? FeatureGate.Check(judged, isLimited: true) ?? BodyHold.TryHold(judged, options.HostedToolCalls, out _) : null;
            credentials.Add((credential, cantHold is null ? WorstCase.Of(judged, grant.IsSpendLimited || isLimited, options.HostedToolCalls) : default, cantHold));
        }
        return new Quoted
        {
            Provider = route.Provider,
            Model = facts.Model,
            IsFallbackPrice = price.IsFallback,
            WorstCase = WorstCase.Of(judged, grant.IsSpendLimited, options.HostedToolCalls),
            Refusal = MissingCredential(grant, route.Provider),
            Credentials = credentials,
        };
    }

    private IEnumerable<Credential> CredentialsOf(Grant grant, Provider provider) =>
        directory.CredentialsOf(provider.Name).Where(credential => grant.CredentialId is not { } named || credential.Id == named || credential.Label == named);

    private Refusal? MissingCredential(Grant grant, Provider provider) =>
        CredentialsOf(grant, provider).Any() ? null : new Refusal(RefusalCode.CredentialUnavailable, $"There is no credential of provider '{provider.Name}' for this token.");

    private static JudgedRequest Judged(in RequestFacts facts, Grant grant, Provider provider, Endpoint endpoint, ModelPrice price, ModelPrice[]? others) =>
        new(in facts) { Provider = provider, Endpoint = endpoint, Grant = grant, Price = price, OtherPrices = others };

    private static bool IsLimited(Credential credential) => credential.Limits.Any(limit => limit is { IsBounded: true, Unit: LimitUnit.Tokens or LimitUnit.Usd });

    private static Refusal Unmetered { get; } = new(RefusalCode.UnmeteredEndpoint, "What this call costs can't be metered, and the credential has a limit in tokens or dollars.");

    private static Quoted Refused(Provider? provider, Refusal refusal) => new() { Provider = provider, Refusal = refusal };
}
