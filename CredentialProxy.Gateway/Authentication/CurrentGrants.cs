using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>Finds what a token that proved itself a while ago may do by now.</summary>
internal sealed class CurrentGrants(IDirectory directory, GrantFactory grants)
{
    /// <summary>The grant of a token as it is now; null where it has none any more.</summary>
    /// <exception cref="DirectoryUnavailableException">It can't be found out at present.</exception>
    public ValueTask<Grant?> OfAsync(AuthenticatedToken token, CancellationToken cancellationToken) => token.Claims is { } claims
        ? grants.FindAsync(claims, token.Hash, cancellationToken)
        : directory.FindProxyTokenAsync(token.Hash, cancellationToken);
}
