using CredentialProxy.Core.Judging;
using CredentialProxy.Gateway.Connections;
using CredentialProxy.Gateway.Cors;

namespace CredentialProxy.Gateway.Authorization;

/// <summary>Holds the grant against all that is known before the body is read: provider, endpoint, client address, browser origin.</summary>
internal sealed class Authorizer(CorsPolicy cors, ClientAddresses addresses)
{
    /// <summary>Refuses what the grant does not allow.</summary>
    public Refusal? Authorize(ProxyRequest request)
    {
        var grant = request.Token.Grant;
        if (EndpointGate.Check(grant, request.Route, request.Context.Request.Method) is { } refusal)
        {
            return refusal;
        }
        if (!grant.Scope.Cidrs.IsEmpty && !grant.Scope.AllowsAddress(addresses.Of(request.Context)))
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
}
