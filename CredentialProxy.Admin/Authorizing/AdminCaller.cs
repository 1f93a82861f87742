namespace CredentialProxy.Admin.Authorizing;

/// <summary>Who calls the control plane.</summary>
/// <param name="Name">For the audit log, and to tell whose a token is: an admin key's id, or <c>jwt:</c> and an admin JWT's subject.</param>
/// <param name="Role">What it may do; null for nothing but, maybe, to read usage.</param>
internal sealed record AdminCaller(string Name, AdminRole? Role)
{
    /// <summary>Whether usage may be read whatever the role.</summary>
    public bool MayReadUsage { get; init; }

    /// <summary>What a minter's tokens may reach at most; null for the other roles.</summary>
    public Ceilings? Ceilings { get; init; }

    /// <summary>Whether only what it minted itself is there for it.</summary>
    public bool SeesOnlyItsOwn => Role == AdminRole.Minter;
}
