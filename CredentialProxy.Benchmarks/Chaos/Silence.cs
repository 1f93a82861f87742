namespace CredentialProxy.Benchmarks.Chaos;

/// <summary>A time in which a gateway, or all of them, could not write to Redis, as <see cref="TimeProvider.GetTimestamp"/> tells it.</summary>
/// <param name="Gateway">Which gateway; null for all.</param>
/// <param name="From">Its begin.</param>
/// <param name="To">Its end.</param>
internal readonly record struct Silence(int? Gateway, long From, long To);
