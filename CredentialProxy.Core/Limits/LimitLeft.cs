namespace CredentialProxy.Core.Limits;

/// <summary>What a limit has left, as one ledger knows it.</summary>
/// <param name="Counter">What is counted.</param>
/// <param name="Limit">The limit; micro-dollars for <see cref="LimitUnit.Usd"/>.</param>
/// <param name="Left">What is neither spent nor held of it, at least 0.</param>
public readonly record struct LimitLeft(CounterKey Counter, long Limit, long Left);
