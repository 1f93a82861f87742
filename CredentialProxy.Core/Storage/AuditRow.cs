namespace CredentialProxy.Core.Storage;

/// <summary>One change of state over the control API: who did what to which object. Holds no token and no key.</summary>
public sealed class AuditRow
{
    /// <summary>Rising number.</summary>
    public long Id { get; set; }

    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; set; }

    /// <summary>Who: the admin key's name or the admin token's subject.</summary>
    public required string Actor { get; set; }

    /// <summary>What, for example <c>token.revoke</c>.</summary>
    public required string Action { get; set; }

    /// <summary>Id of the object.</summary>
    public required string ObjectId { get; set; }

    /// <summary>What changed, as JSON.</summary>
    public string DetailJson { get; set; } = "{}";
}
