using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Judging;

/// <summary>What the rules about a request turn on: where it goes, what its body says, what its token may do, what its models cost. The same for a request that is made and for one that is only asked about.</summary>
public readonly ref struct JudgedRequest
{
    private readonly ref readonly RequestFacts _facts;

    /// <summary>Puts it together.</summary>
    /// <param name="facts">What the body says.</param>
    public JudgedRequest(ref readonly RequestFacts facts) => _facts = ref facts;

    /// <summary>The provider.</summary>
    public required Provider Provider { get; init; }

    /// <summary>The endpoint.</summary>
    public required Endpoint Endpoint { get; init; }

    /// <summary>What the body says.</summary>
    public ref readonly RequestFacts Facts => ref _facts;

    /// <summary>The token's grant.</summary>
    public required Grant Grant { get; init; }

    /// <summary>The model's price; null where nothing is metered.</summary>
    public required ModelPrice? Price { get; init; }

    /// <summary>The prices of the other models that may answer; null where there are none.</summary>
    public required ModelPrice[]? OtherPrices { get; init; }

    /// <summary>What the token may reach.</summary>
    public Scope Scope => Grant.Scope;
}
