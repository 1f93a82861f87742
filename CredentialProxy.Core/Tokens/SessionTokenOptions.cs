using System.ComponentModel.DataAnnotations;
using CredentialProxy.Core.Vault;

namespace CredentialProxy.Core.Tokens;

/// <summary>Settings of session tokens.</summary>
public sealed class SessionTokenOptions
{
    /// <summary>What every session token's <c>aud</c> holds.</summary>
    public const string Audience = "relay-llm-proxy";

    /// <summary>What the <c>iss</c> of tokens minted here says.</summary>
    public const string Issuer = "credential-proxy";

    /// <summary>Shortest secret taken: HS256 wants as many bits as its hash has (RFC 7518 §3.2).</summary>
    public const int MinSecretBytes = 32;

    /// <summary>How far the clocks of issuer and verifier may differ, in seconds.</summary>
    public const int ClockToleranceSeconds = 30;

    /// <summary>The secret that other systems share, which proves session tokens that name no signing key; <c>CREDENTIAL_PROXY_JWT_SECRET</c>. Null for none.</summary>
    public Secret? Secret { get; init; }

    /// <summary>Lifetime of a token that asks for none, in seconds.</summary>
    [Range(1, 31_536_000)]
    public int DefaultLifetimeSeconds { get; init; } = 900;

    /// <summary>Longest lifetime, minted here or elsewhere, in seconds.</summary>
    [Range(60, 31_536_000)]
    public int MaxLifetimeSeconds { get; init; } = 7 * 86400;
}
