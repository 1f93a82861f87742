using System.Collections.Immutable;
using CredentialProxy.Core.Limits;

namespace CredentialProxy.Core.Vault;

/// <summary>A real provider key, opened and ready for use, and its settings.</summary>
public sealed class Credential
{
    /// <summary>The credential's id, for example <c>cred_openai_env</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The provider whose key it is.</summary>
    public required string Provider { get; init; }

    /// <summary>What operators call it.</summary>
    public required string Label { get; init; }

    /// <summary>The key.</summary>
    public required Secret Secret { get; init; }

    /// <summary>The reference that leads to the key, where a setting states one and not the key; null otherwise.</summary>
    public string? Reference { get; init; }

    /// <summary>Limits on the credential's own account.</summary>
    public ImmutableArray<Limit> Limits { get; init; } = [];

    /// <summary>The account its limits hang on.</summary>
    public AccountId Account => AccountId.Credential(Id);

    /// <summary>The same with another key.</summary>
    public Credential With(Secret secret) => new() { Id = Id, Provider = Provider, Label = Label, Secret = secret, Reference = Reference, Limits = Limits };
}
