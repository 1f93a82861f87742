using CredentialProxy.Core.Vault;

namespace CredentialProxy.Core.Tokens;

/// <summary>Settings of admin JWTs, for the control plane.</summary>
public sealed class AdminTokenOptions
{
    /// <summary>The audience that is asked for when no other is set.</summary>
    public const string DefaultAudience = "relay-credential-proxy-admin";

    /// <summary>The secret that proves them, <c>CREDENTIAL_PROXY_ADMIN_JWT_SECRET</c>; null: none is taken. Never the secret of session tokens.</summary>
    public Secret? Secret { get; init; }

    /// <summary>Their audience, <c>CREDENTIAL_PROXY_ADMIN_AUDIENCE</c>.</summary>
    public string Audience { get; init; } = DefaultAudience;
}
