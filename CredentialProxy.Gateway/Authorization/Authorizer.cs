using System.Net;
using CredentialProxy.Core.Grants;
using CredentialProxy.Gateway.Cors;
using CredentialProxy.Gateway.Refusals;

namespace CredentialProxy.Gateway.Authorization;

/// <summary>Holds the grant against all that is known before the body is read: provider, endpoint, client address, browser origin.</summary>
internal sealed class Authorizer(CorsPolicy cors)
{
    /// <summary>Refuses what the grant does not allow.</summary>
    public Refusal? Authorize(ProxyRequest request)
    {
        var grant = request.Token.Grant;
        var route = request.Route;
        if (!grant.Scope.AllowsProvider(route.Provider.Name))
        {
            return grant.DefaultProvider is { } own
                ? new Refusal(RefusalCode.RouteProviderMismatch, $"This token is for provider '{own}', and the path is {route.Provider.Name}'s.") { IsFinal = true }
                : new Refusal(RefusalCode.ProviderNotAllowed, $"This token may not use provider '{route.Provider.Name}'.") { IsFinal = true };
        }
        if (route.Endpoint is not { } endpoint)
        {
            return new Refusal(RefusalCode.EndpointNotAllowed, $"There is no endpoint of provider '{route.Provider.Name}' for this method and path.") { IsFinal = true };
        }
        if (!endpoint.IsOpenTo(grant.Scope.Features))
        {
            return Closed(endpoint);
        }
        if (!grant.Scope.AllowsEndpoint(request.Context.Request.Method, route.Path))
        {
            return new Refusal(RefusalCode.EndpointNotAllowed, $"This token may not call {endpoint.Method} {endpoint.Path}.") { IsFinal = true };
        }
        // What a token was granted by name it may use whatever it costs; what is open to all, only where that can be told.
        if (endpoint is { IsUnmetered: true, Needs: Features.None } && request.Token.IsSpendLimited)
        {
            return new Refusal(
                RefusalCode.UnmeteredEndpoint,
                $"What {endpoint.Method} {endpoint.Path} costs can't be metered, and this token has a limit in tokens or dollars.")
            { IsFinal = true };
        }
        if (!grant.Scope.Cidrs.IsEmpty && !grant.Scope.AllowsAddress(ClientAddress(request.Context)))
        {
            return new Refusal(RefusalCode.AddressNotAllowed, "This token may not be used from this network address.") { IsFinal = true };
        }
        // Several at once, which no browser sends, are joined, and as that are on no list.
        if (request.Context.Request.Headers.Origin is { Count: > 0 } origins && origins.ToString() is { Length: > 0 } origin && !(cors.Allows(origin) && grant.Scope.AllowsOrigin(origin)))
        {
            return new Refusal(RefusalCode.OriginNotAllowed, "This token may not be used by pages of this origin.") { IsFinal = true };
        }
        return null;
    }

    private static Refusal Closed(Endpoint endpoint) => new(
        RefusalCode.EndpointNotAllowed,
        $"This token may not call {endpoint.Method} {endpoint.Path}: it must be granted {string.Join(" or ", FeatureNames.Of(endpoint.Needs).Select(name => $"the feature '{name}'"))}, which an operator can do.")
    { IsFinal = true };

    // The connection's own address: what a header says of it is the client's word.
    private static IPAddress? ClientAddress(HttpContext context) => context.Connection.RemoteIpAddress;
}
