namespace CredentialProxy.Benchmarks.Chaos.Books;

/// <summary>What a counter holds.</summary>
/// <param name="Spent">What is spent.</param>
/// <param name="Leased">What is leased.</param>
/// <param name="Overrun">What was charged beyond the limit.</param>
internal readonly record struct AccountState(long Spent, long Leased, long Overrun);
