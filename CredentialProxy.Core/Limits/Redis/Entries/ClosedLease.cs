namespace CredentialProxy.Core.Limits.Redis.Entries;

/// <summary>A lease whose holder died: it became spent.</summary>
/// <param name="Id">Holder, limit and counter: a holder's lease is closed once.</param>
/// <param name="Charge">What became spent.</param>
public readonly record struct ClosedLease(string Id, CounterCharge Charge);
