namespace CredentialProxy.Admin.Authorizing;

/// <summary>What somebody may do on the control plane.</summary>
internal enum AdminRole
{
    /// <summary>Reads everything and changes nothing.</summary>
    Viewer,

    /// <summary>Mints tokens within its own ceilings; sees and changes only those.</summary>
    Minter,

    /// <summary>Everything.</summary>
    Admin,
}

/// <summary>The roles' names, as the API and the store write them.</summary>
internal static class AdminRoles
{
    /// <summary>The name of a role.</summary>
    public static string NameOf(AdminRole role) => role.ToString().ToLowerInvariant();

    /// <summary>The role of this name.</summary>
    public static bool TryParse(string? name, out AdminRole role)
    {
        (var isKnown, role) = name switch
        {
            "viewer" => (true, AdminRole.Viewer),
            "minter" => (true, AdminRole.Minter),
            "admin" => (true, AdminRole.Admin),
            _ => (false, default),
        };
        return isKnown;
    }
}
