using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Vault;

namespace CredentialProxy.Admin.Quoting;

/// <summary>What the rules say of a request that is only asked about, before any limit is looked at.</summary>
internal sealed record Quoted
{
    /// <summary>Where it would go; null where it has no endpoint.</summary>
    public Provider? Provider { get; init; }

    /// <summary>The model; empty for none.</summary>
    public string Model { get; init; } = "";

    /// <summary>Why it would be refused; null where it would not be.</summary>
    public Refusal? Refusal { get; init; }

    /// <summary>Whether the model is in no price list.</summary>
    public bool IsFallbackPrice { get; init; }

    /// <summary>The most that it can take, with no limit of a credential; null where it wasn't come to.</summary>
    public Demand? WorstCase { get; init; }

    /// <summary>The credentials that may serve it, in their order, each with the most that it can take with it, or why it can't serve it.</summary>
    public IReadOnlyList<(Credential Credential, Demand WorstCase, Refusal? Refusal)> Credentials { get; init; } = [];
}
