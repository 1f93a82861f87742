namespace CredentialProxy.Admin.Api.Quotes;

/// <summary>A limit that the request would be held against.</summary>
/// <param name="Account">What it hangs on: <c>token</c>, <c>project</c> or <c>credential</c>.</param>
/// <param name="Id">Its id.</param>
/// <param name="Unit">The unit.</param>
/// <param name="Limit">The most.</param>
/// <param name="Window">The window.</param>
/// <param name="Remaining">What is neither spent nor held of it, by open requests or by gateways for the next ones.</param>
/// <param name="Needed">What the request may take of it at most.</param>
/// <param name="Fits">Whether that is there.</param>
public sealed record QuotedLimit(string Account, string Id, string Unit, decimal Limit, string Window, decimal Remaining, decimal Needed, bool Fits);

/// <summary>What a request may cost at most, and whether it would be let through now. Nothing is held for it.</summary>
/// <param name="Allowed">Whether the gateway would let it through now.</param>
/// <param name="Code">The gateway's code where it would not; null where it would.</param>
/// <param name="Detail">Why not; null where it would be.</param>
/// <param name="Parameter">The field of the body that is in the way; null for none.</param>
/// <param name="Provider">The provider it would go to; null where none is meant.</param>
/// <param name="Model">The model; null where none is named.</param>
/// <param name="Tokens">Input and output tokens that it may take at most; null where it isn't told.</param>
/// <param name="Usd">Dollars that it may cost at most; null where it isn't told.</param>
/// <param name="IsFallbackPrice">Whether the model is in no price list, so that the fallback price is used.</param>
/// <param name="Credential">The credential whose limits are counted in; null for none.</param>
/// <param name="Limits">Every limit that it would be held against.</param>
public sealed record QuoteAnswer(
    bool Allowed, string? Code, string? Detail, string? Parameter, string? Provider, string? Model, long? Tokens, decimal? Usd, bool IsFallbackPrice, string? Credential, IReadOnlyList<QuotedLimit> Limits);
