using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>A request that was let through.</summary>
internal sealed class Entry(Member member, AccountId token, Demand held, long startedAt, long passedAt, Reservation reservation)
{
    public Member Member => member;

    public AccountId Token => token;

    public Demand Held => held;

    /// <summary>When it began by its member's wall clock.</summary>
    public long StartedAt => startedAt;

    /// <summary>When it began by the clock that never jumps.</summary>
    public long PassedAt => passedAt;

    public Reservation Reservation => reservation;

    public Owner Owner => (Owner)reservation.Owner;

    public bool IsOpen { get; set; } = true;

    public bool IsReleased { get; set; }

    /// <summary>Begun by one who was taken for dead and did not know, out of what it had at hand.</summary>
    public bool IsUntold { get; init; }

    /// <summary>Known to be on the disk.</summary>
    public bool IsFlushed { get; set; }

    /// <summary>What was settled; null while nothing was.</summary>
    public Demand? Actual { get; set; }

    /// <summary>What of it was closed with its member's leases, and so is spent whatever becomes of it; null while nothing was.</summary>
    public Demand? Closed { get; private set; }

    /// <summary>What of what was settled must be spent: an overrun may not have fitted.</summary>
    public Demand? LeastSettled => Actual is { } actual ? new Demand(Math.Min(actual.Tokens, held.Tokens), Math.Min(actual.CostMicroUsd, held.CostMicroUsd)) : null;

    /// <summary>The accounts knew of it before its member's leases were closed for the first time.</summary>
    public bool IsFlushedBeforeClosing { get; set; }

    /// <summary>What may be spent of it at most: what was closed pays for what is settled.</summary>
    public Demand Most => new(Math.Max(Closed?.Tokens ?? 0, Actual?.Tokens ?? 0), Math.Max(Closed?.CostMicroUsd ?? 0, Actual?.CostMicroUsd ?? 0));

    /// <summary>What its member holds for it: while it is open, or settled and the accounts don't know of it.</summary>
    public Demand? Leased => IsOpen ? held : IsFlushed ? null : LeastSettled;

    /// <summary>Its member's leases are closed, and what it held is among them.</summary>
    public void Close() => Closed ??= Leased;
}
