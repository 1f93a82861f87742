using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Routing;

namespace CredentialProxy.Core.Judging;

/// <summary>Holds a grant against provider and endpoint.</summary>
public static class EndpointGate
{
    /// <summary>Refuses what the grant does not allow.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="route">Where the request goes.</param>
    /// <param name="method">Its method.</param>
    public static Refusal? Check(Grant grant, in Route route, string method)
    {
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
        if (!grant.Scope.AllowsEndpoint(method, route.Path))
        {
            return new Refusal(RefusalCode.EndpointNotAllowed, $"This token may not call {endpoint.Method} {endpoint.Path}.") { IsFinal = true };
        }
        // What a token was granted by name it may use whatever it costs; what is open to all, only where that can be told.
        return endpoint is { IsUnmetered: true, Needs: Features.None } && grant.IsSpendLimited
            ? new Refusal(
                RefusalCode.UnmeteredEndpoint,
                $"What {endpoint.Method} {endpoint.Path} costs can't be metered, and this token has a limit in tokens or dollars.")
            { IsFinal = true }
            : null;
    }

    private static Refusal Closed(Endpoint endpoint) => new(
        RefusalCode.EndpointNotAllowed,
        $"This token may not call {endpoint.Method} {endpoint.Path}: it must be granted {string.Join(" or ", FeatureNames.Of(endpoint.Needs).Select(name => $"the feature '{name}'"))}, which an operator can do.")
    { IsFinal = true };
}
