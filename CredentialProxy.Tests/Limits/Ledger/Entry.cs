using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>A request that was let through.</summary>
internal sealed class Entry(Member member, AccountId token, Demand held, long startedAt, Reservation reservation)
{
    public Member Member => member;

    public AccountId Token => token;

    public Demand Held => held;

    public long StartedAt => startedAt;

    public Reservation Reservation => reservation;

    public bool IsOpen { get; set; } = true;

    public bool IsReleased { get; set; }

    /// <summary>Known to be on the disk.</summary>
    public bool IsFlushed { get; set; }

    /// <summary>What was settled; null while nothing was.</summary>
    public Demand? Actual { get; set; }

    /// <summary>What of it must be spent: an overrun may not have fitted.</summary>
    public Demand? Least => Actual is { } actual ? new Demand(Math.Min(actual.Tokens, held.Tokens), Math.Min(actual.CostMicroUsd, held.CostMicroUsd)) : null;
}
