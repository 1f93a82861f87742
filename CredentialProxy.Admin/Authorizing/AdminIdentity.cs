using System.Security.Claims;

namespace CredentialProxy.Admin.Authorizing;

/// <summary>A caller that has proved itself, as ASP.NET Core knows it.</summary>
internal sealed class AdminIdentity(AdminCaller caller, string scheme) : ClaimsIdentity(ClaimsOf(caller), scheme, ClaimTypes.Name, ClaimTypes.Role)
{
    /// <summary>The caller.</summary>
    public AdminCaller Caller => caller;

    private static IEnumerable<Claim> ClaimsOf(AdminCaller caller)
    {
        yield return new Claim(ClaimTypes.Name, caller.Name);
        if (caller.Role is { } role)
        {
            yield return new Claim(ClaimTypes.Role, AdminRoles.NameOf(role));
        }
    }
}
