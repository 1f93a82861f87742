using CredentialProxy.Core.Pricing;

namespace CredentialProxy.Core.Inspection.Extras;

/// <summary>A tool of the provider's that a body asks for.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="MaxUses">How often it may be used by the request's own word; null where that does not say.</param>
/// <param name="ContainerGigabytes">How large its container is; 0 for none.</param>
public readonly record struct RequestedTool(HostedTool Kind, int? MaxUses = null, int ContainerGigabytes = 0)
{
    /// <summary>Where the tool's object has <c>max_uses</c>, or could have it; nowhere in most dialects.</summary>
    internal MemberPlace UsesPlace { get; init; }
}
