namespace CredentialProxy.Core.Storage;

/// <summary>One change of state over the control API: who did what to which object. Holds no token and no key.</summary>
public sealed class AuditRow
{
    /// <summary>Rising number.</summary>
    public long Id { get; set; }

    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; set; }

    /// <summary>Who: an admin key's id, <c>jwt:</c> and an admin token's subject, or the control plane itself.</summary>
    public required string Actor { get; set; }

    /// <summary>As what: <c>admin</c> or <c>minter</c>.</summary>
    public required string Role { get; set; }

    /// <summary>What, for example <c>token.revoke</c>.</summary>
    public required string Action { get; set; }

    /// <summary>Id of the object.</summary>
    public required string ObjectId { get; set; }

    /// <summary>The object before, as JSON; null where it was not there.</summary>
    public string? BeforeJson { get; set; }

    /// <summary>The object after, as JSON; null where it is not there any more.</summary>
    public string? AfterJson { get; set; }
}
