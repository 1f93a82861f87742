namespace CredentialProxy.Core.Limits.Redis.Entries;

/// <summary>What became spent of a counter.</summary>
/// <param name="Counter">The counter and its window, which does not slide.</param>
/// <param name="Spent">What became spent.</param>
/// <param name="Overrun">What was reported beyond what the limit had left.</param>
public readonly record struct CounterCharge(CounterInstance Counter, long Spent, long Overrun);
