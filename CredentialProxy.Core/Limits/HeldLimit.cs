namespace CredentialProxy.Core.Limits;

/// <summary>A limit that something of is held for a request.</summary>
/// <param name="Counter">What it limits.</param>
/// <param name="Amount">The limit as it was when the request was let through, in its unit.</param>
public readonly record struct HeldLimit(CounterKey Counter, long Amount);
