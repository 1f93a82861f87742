namespace CredentialProxy.Admin.Authorizing;

/// <summary>Who may call a route. A route without a rule is an admin's alone.</summary>
/// <param name="Roles">The roles that may, besides admins.</param>
internal sealed record AccessRule(params AdminRole[] Roles)
{
    /// <summary>Whether everybody may, with no key at all.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Whether the permission to read usage is enough.</summary>
    public bool IsUsage { get; init; }

    /// <summary>What holds for a route without a rule.</summary>
    public static AccessRule AdminOnly { get; } = new();

    /// <summary>Whether the caller may.</summary>
    public bool Allows(AdminCaller caller) =>
        caller.Role == AdminRole.Admin || (caller.Role is { } role && Roles.Contains(role)) || (IsUsage && caller.MayReadUsage);

    /// <summary>What a caller that may not is told.</summary>
    public string Needed =>
        $"This needs the role {string.Join(" or ", Roles.Append(AdminRole.Admin).Distinct().OrderDescending().Select(role => $"'{AdminRoles.NameOf(role)}'"))}{(IsUsage ? ", or for reading usage the permission 'usage:read'" : "")}.";
}

/// <summary>Puts rules on routes.</summary>
internal static class AccessRules
{
    /// <summary>Lets these roles call, besides admins.</summary>
    public static T Allow<T>(this T route, params AdminRole[] roles)
        where T : IEndpointConventionBuilder => route.WithMetadata(new AccessRule(roles));

    /// <summary>Lets viewers, minters and whoever may read usage call.</summary>
    public static T AllowUsageReaders<T>(this T route, params AdminRole[] roles)
        where T : IEndpointConventionBuilder => route.WithMetadata(new AccessRule(roles) { IsUsage = true });

    /// <summary>Lets everybody call.</summary>
    public static T AllowEverybody<T>(this T route)
        where T : IEndpointConventionBuilder => route.WithMetadata(new AccessRule { IsOpen = true });
}
