using CredentialProxy.Core.Limits;
using CredentialProxy.Tests.Limits.Sqlite;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>Accounts on a file: one process has them, and all members are in it. Its clock is set for all of them at once.</summary>
internal sealed class SharedAccounts : ModelAccounts
{
    private readonly JumpingTime _time = new(Start);
    private IQuotaStore _store = null!;
    private IQuotaAuthority _authority = null!;

    public override TimeProvider Time => _time;

    public override IQuotaAuthority Observer => _authority;

    public static async Task<ModelAccounts> StartAsync()
    {
        var accounts = new SharedAccounts();
        accounts._store = await SqliteQuotaStore.CreateAsync(accounts._time);
        accounts._authority = accounts._store.Open();
        return accounts;
    }

    public override (IQuotaAuthority Authority, JumpingTime Time) Enter()
    {
        // A ledger and its authority are one process, whose steady clock began to run when the wall clock was right.
        _time.JumpTo(TimeSpan.Zero);
        return (_authority, _time);
    }

    public override Task PassAsync(TimeSpan by)
    {
        _time.Advance(by);
        return Task.CompletedTask;
    }

    public override void Jump(Member member, int amount) => _time.JumpTo(amount % 3 == 0 ? TimeSpan.Zero : TimeSpan.FromMinutes((amount - 75) * 20));

    public override async Task<Closing?> CrashAsync(Member member)
    {
        member.Authority.Sever();
        await member.Authority.PauseAsync();
        member.Authority.Resume();
        return null;
    }

    public override Task<Closing?> ExpireAsync(Member member) => Task.FromResult<Closing?>(null);

    public override bool IsUntold(Member member) => false;

    public override async Task LeaveAsync(IEnumerable<Member> members)
    {
        _time.JumpTo(TimeSpan.Zero);
        await _store.KillAsync(_authority);
        _authority = _store.Open();
    }

    public override ValueTask DisposeAsync() => _store.DisposeAsync();
}
