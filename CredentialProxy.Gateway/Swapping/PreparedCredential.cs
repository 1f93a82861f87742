using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Vault;
using CredentialProxy.Gateway.Redacting;

namespace CredentialProxy.Gateway.Swapping;

/// <summary>A credential with all that a request needs of it made ready: the header value, and its account as the ledger knows it.</summary>
internal sealed class PreparedCredential(Credential credential, BoundAccounts? accounts)
{
    private KeyForms? _forms;

    public Credential Credential => credential;

    /// <summary>Its account; null where it has no limits.</summary>
    public BoundAccounts? Accounts => accounts;

    /// <summary>Whether it is limited in tokens or dollars.</summary>
    public bool IsSpendLimited { get; } = credential.Limits.Any(limit => limit is { IsBounded: true, Unit: LimitUnit.Tokens or LimitUnit.Usd });

    /// <summary>The value of an <c>Authorization</c> header, made once.</summary>
    public string BearerValue { get; } = "Bearer " + credential.Secret.Reveal();

    /// <summary>The key itself, for a slot of its own.</summary>
    public string KeyValue { get; } = credential.Secret.Reveal();

    /// <summary>What no answer may hold.</summary>
    public KeyForms Forms => _forms ??= KeyForms.Of(credential.Secret);
}
