using System.Globalization;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Tests.Limits.Redis;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>Accounts in Redis: each member is a holder of its own, on a machine whose clock may be wrong. Redis' clock is right.</summary>
internal sealed class HolderAccounts : ModelAccounts
{
    /// <summary>No more passes at once than a heart takes between two beats.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _steady = new(Start);
    private readonly List<RedisQuotaAuthority> _living = [];
    private readonly HashSet<string> _expired = [];
    private RedisQuotaStore _store = null!;
    private RedisQuotaAuthority _observer = null!;

    public override TimeProvider Time => _steady;

    public override IQuotaAuthority Observer => _observer;

    public static async Task<ModelAccounts> StartAsync()
    {
        var accounts = new HolderAccounts();
        accounts._store = await RedisQuotaStore.OnItsOwnClockAsync(accounts._steady);
        accounts._observer = (RedisQuotaAuthority)accounts.Enter().Authority;
        return accounts;
    }

    public override (IQuotaAuthority Authority, JumpingTime Time) Enter()
    {
        var time = new JumpingTime(_steady);
        var authority = _store.OpenAuthority(time);
        _living.Add(authority);
        return (authority, time);
    }

    public override async Task PassAsync(TimeSpan by)
    {
        for (var left = by; left > TimeSpan.Zero; left -= Step)
        {
            var step = left < Step ? left : Step;
            await _store.SetClockAsync(_steady.GetUtcNow() + step);
            _steady.Advance(step);
            foreach (var authority in _living)
                await authority.RestAsync();
        }
    }

    // By what is borne, or by more: then it may lease nothing.
    public override void Jump(Member member, int amount) => member.Time.JumpTo((amount % 4) switch
    {
        0 => TimeSpan.Zero,
        1 => TimeSpan.FromMinutes((amount - 75) * 20),
        _ => TimeSpan.FromSeconds((amount - 75) / 2),
    });

    public override async Task<Closing?> CrashAsync(Member member)
    {
        member.Authority.Sever();
        await member.Authority.PauseAsync();
        var authority = (RedisQuotaAuthority)member.Authority.Inner;
        var closing = await WhatClosesAsync(await authority.HolderAsync());
        _living.Remove(authority);
        await _store.KillAsync(authority);
        await CloseAsync();
        member.Authority.Resume();
        return closing;
    }

    public override async Task<Closing?> ExpireAsync(Member member)
    {
        await member.Authority.PauseAsync();
        var holder = await ((RedisQuotaAuthority)member.Authority.Inner).HolderAsync();
        var closing = await WhatClosesAsync(holder);
        _expired.Add(holder);
        await _store.Database.SortedSetAddAsync(_store.Keys.Holders, holder, 0);
        await CloseAsync();
        member.Authority.Resume();
        return closing;
    }

    public override bool IsUntold(Member member) => _expired.Contains(((RedisQuotaAuthority)member.Authority.Inner).LastHolder);

    public override async Task LeaveAsync(IEnumerable<Member> members)
    {
        foreach (var member in members)
            await ((RedisQuotaAuthority)member.Authority.Inner).DisposeAsync();
        await CloseAsync();
    }

    public override ValueTask DisposeAsync() => _store.DisposeAsync();

    private async Task<Closing> WhatClosesAsync(string holder)
    {
        var leases = await _store.Database.HashGetAllAsync(_store.Keys.Leases(holder));
        return new Closing(
            [.. leases.Select(lease => (_store.Keys.ParseLease(lease.Name!).Counter, long.Parse((string)lease.Value!, CultureInfo.InvariantCulture)))],
            (await _store.EntriesAsync()).Select(record => record.RequestId).ToHashSet());
    }

    // Whoever enters closes the books of those who have expired.
    private async Task CloseAsync()
    {
        await using var other = _store.OpenAuthority(_steady);
        await other.OpenAsync(CancellationToken.None);
        Assert.Equal(0, await _store.Database.SortedSetLengthAsync(_store.Keys.Dead));
    }
}
