namespace CredentialProxy.Core.Limits;

/// <summary>The limit that a request does not fit in.</summary>
/// <param name="Account">The account that the limit hangs on.</param>
/// <param name="Limit">The limit.</param>
/// <param name="Remaining">What is neither spent nor held of it.</param>
/// <param name="RetryAfter">When the same request may fit; null where waiting never helps.</param>
/// <param name="IsTransient">The request would fit once requests that are open now have settled, or other gateways have given back what they keep at hand.</param>
public sealed record LimitShortage(AccountId Account, Limit Limit, long Remaining, TimeSpan? RetryAfter, bool IsTransient);
