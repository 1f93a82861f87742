using System.ComponentModel.DataAnnotations;
using CredentialProxy.Core.Vault;

namespace CredentialProxy.Core.Tokens;

/// <summary>Settings of session tokens, at <c>SessionTokens</c>.</summary>
public sealed class SessionTokenSettings : IValidatableObject
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "SessionTokens";

    /// <summary>Lifetime of a token that asks for none, in seconds; not above <see cref="MaxLifetimeSeconds"/>.</summary>
    [Range(1, 31_536_000)]
    public int DefaultLifetimeSeconds { get; set; } = 900;

    /// <summary>Longest lifetime, minted here or elsewhere, in seconds.</summary>
    [Range(60, 31_536_000)]
    public int MaxLifetimeSeconds { get; set; } = 7 * 86400;

    /// <summary>The options, with the secret that other systems share; null for none.</summary>
    public SessionTokenOptions With(Secret? secret) => new() { Secret = secret, DefaultLifetimeSeconds = DefaultLifetimeSeconds, MaxLifetimeSeconds = MaxLifetimeSeconds };

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (DefaultLifetimeSeconds > MaxLifetimeSeconds)
        {
            yield return new ValidationResult($"it must not be above {nameof(MaxLifetimeSeconds)}, which is {MaxLifetimeSeconds}", [nameof(DefaultLifetimeSeconds)]);
        }
    }
}
