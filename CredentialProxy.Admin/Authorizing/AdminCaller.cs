namespace CredentialProxy.Admin.Authorizing;

/// <summary>Who calls the control plane.</summary>
/// <param name="Name">For the audit log.</param>
/// <param name="IsAdmin">Whether everything is allowed.</param>
/// <param name="MayReadUsage">Whether usage may be read.</param>
internal sealed record AdminCaller(string Name, bool IsAdmin, bool MayReadUsage);
