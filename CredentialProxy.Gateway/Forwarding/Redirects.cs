using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Routing;
using CredentialProxy.Gateway.Authentication;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// What becomes of an upstream's <c>Location</c>. The gateway follows none. One that stays with the provider is passed as a path of the gateway, so that a client that follows it comes back
/// with its token and is checked anew; any other is left out: a client would send its token to wherever it points.
/// </summary>
internal static class Redirects
{
    /// <summary>Whether an answer of this status may tell a location (RFC 9110 §10.2.2).</summary>
    public static bool MayTell(int status) => status is StatusCodes.Status201Created or >= 300 and < 400 and not StatusCodes.Status304NotModified;

    /// <summary>The path at the gateway that the location means; null where it leads away from the provider, or to a path that would not be taken.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="address">The address that was asked, without the key.</param>
    /// <param name="location">Where the answer points, absolute or relative to the address.</param>
    public static string? Rewrite(Provider provider, Uri address, string location)
    {
        if (!Uri.TryCreate(address, location, out var meant) || meant.Scheme != address.Scheme || meant.Host != address.Host || meant.Port != address.Port || meant.UserInfo.Length > 0)
        {
            return null;
        }
        var basePath = provider.BaseUrl.AbsolutePath.TrimEnd('/');
        if (!meant.AbsolutePath.StartsWith(basePath + '/', StringComparison.Ordinal))
        {
            return null;
        }
        var path = "/" + provider.Name + meant.AbsolutePath[basePath.Length..] + QuerySlot.Remove(meant.Query, providersName: null);
        return RequestTarget.TryParse(path, out _) ? path : null;
    }
}
