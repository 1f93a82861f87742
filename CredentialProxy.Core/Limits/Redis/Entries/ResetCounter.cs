namespace CredentialProxy.Core.Limits.Redis.Entries;

/// <summary>A counter of which what was spent is forgotten.</summary>
/// <param name="Id">Names the reset: it counts once.</param>
/// <param name="Counter">The counter and its window, which does not slide.</param>
/// <param name="Spent">What was spent.</param>
public readonly record struct ResetCounter(string Id, CounterInstance Counter, long Spent);
