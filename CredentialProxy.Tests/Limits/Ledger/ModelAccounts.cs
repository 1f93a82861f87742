using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>Accounts under a model: who has them, and what becomes of those who spend from them.</summary>
internal abstract class ModelAccounts : IAsyncDisposable
{
    /// <summary>Begins shortly before a month ends, so that calendar windows end under way.</summary>
    protected static readonly DateTimeOffset Start = new(2027, 1, 31, 23, 50, 0, TimeSpan.Zero);

    /// <summary>The time that is right.</summary>
    public abstract TimeProvider Time { get; }

    /// <summary>Reads the accounts.</summary>
    public abstract IQuotaAuthority Observer { get; }

    /// <summary>An authority for another member, and the clock of its machine.</summary>
    public abstract (IQuotaAuthority Authority, JumpingTime Time) Enter();

    /// <summary>Lets time pass for all of them.</summary>
    public abstract Task PassAsync(TimeSpan by);

    /// <summary>Sets the clock of a member's machine.</summary>
    public abstract void Jump(Member member, int amount);

    /// <summary>Ends a member as a crash does. Answers what was closed with it; null where that comes later.</summary>
    public abstract Task<Closing?> CrashAsync(Member member);

    /// <summary>Has everybody believe that a member is dead, which lives; the same answer, or null where that can't be.</summary>
    public abstract Task<Closing?> ExpireAsync(Member member);

    /// <summary>Whether a member is taken for dead and does not know.</summary>
    public abstract bool IsUntold(Member member);

    /// <summary>The members, whose ledgers have ended, leave.</summary>
    public abstract Task LeaveAsync(IEnumerable<Member> members);

    public abstract ValueTask DisposeAsync();
}

/// <summary>Leases of a member that were closed.</summary>
/// <param name="Leases">What they came to by counter.</param>
/// <param name="Settled">Ids of all requests that the accounts knew to be settled by then.</param>
internal sealed record Closing(IReadOnlyList<(CounterInstance Counter, long Amount)> Leases, IReadOnlySet<string> Settled);
