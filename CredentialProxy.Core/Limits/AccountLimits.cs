using System.Collections.Immutable;

namespace CredentialProxy.Core.Limits;

/// <summary>An account and the limits that a request charged to it must fit in, all of them.</summary>
/// <param name="Account">The account.</param>
/// <param name="Limits">Its limits; two with the same unit and window both hold.</param>
public sealed record AccountLimits(AccountId Account, ImmutableArray<Limit> Limits);
