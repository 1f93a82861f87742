using System.Collections.Concurrent;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Limits.Redis;

/// <summary>A Redis that dies and comes back, and a network that breaks at the worst moment: nothing that was answered is lost, nothing is done twice.</summary>
public sealed class RedisOutageTests : IAsyncLifetime
{
    private const string Call = "EVALSHA";

    private static readonly CounterInstance Tokens = new(new CounterKey(AccountId.Token("one"), LimitUnit.Tokens, LimitWindow.Lifetime), 0);

    private RedisServer _server = null!;
    private BreakableLine _line = null!;
    private RedisQuotaStore _store = null!;
    private RedisQuotaAuthority _authority = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _line = new BreakableLine(_server.Port);
        _store = await RedisQuotaStore.NewAsync(_server, TimeProvider.System);
        await _store.ConnectAsync(_line.Address);
        _authority = _store.OpenAuthority();
        await _authority.OpenAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        _line.Mend();
        await _store.DisposeAsync();
        await _line.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_call_whose_answer_is_lost_is_done_once_and_answered_after_all()
    {
        Assert.Equal(new LeaseAnswer(40, 0, 40), await LeaseAsync(40));
        _line.LoseAnswerTo(Call);
        Assert.Equal(new LeaseAnswer(25, 0, 50), await LeaseAsync(25, returned: 15));
        Assert.Equal(1, _line.Broken);
        Assert.Equal(new CounterState(0, 50), await ReadAsync());
        await SettleAsync("a", 50);
        Assert.Equal(new CounterState(50, 0), await ReadAsync());
    }

    [Fact]
    public async Task A_call_that_never_arrived_is_done_when_it_is_asked_again()
    {
        _line.HoldUp(Call);
        Assert.Equal(new LeaseAnswer(25, 0, 25), await LeaseAsync(25));
        Assert.Equal(1, _line.Broken);
    }

    [Fact]
    public async Task A_call_that_arrives_when_others_have_come_after_it_does_nothing()
    {
        await LeaseAsync(10);
        _line.HoldUp(Call);
        await LeaseAsync(25, returned: 5);
        await DeliverAsync();
        Assert.Equal(new CounterState(0, 30), await ReadAsync());
        await LeaseAsync(7);
        await DeliverAsync();
        Assert.Equal(new CounterState(0, 37), await ReadAsync());
    }

    [Fact]
    public async Task A_settlement_whose_answer_is_lost_fails_and_is_done_once_when_it_is_repeated()
    {
        await LeaseAsync(40);
        await SettleAsync("before", 0); // Redis knows the script, so that what is lost is no request for it
        _line.LoseAnswerTo(Call);
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => SettleAsync("a", 25));
        Assert.Equal(2, (await _store.EntriesAsync()).Count);
        await EventuallyAsync(() => SettleAsync("a", 25));
        Assert.Equal(new CounterState(25, 15), await ReadAsync());
        Assert.Equal(["before", "a"], (await _store.EntriesAsync()).Select(record => record.RequestId));
    }

    [Fact]
    public async Task A_call_that_could_not_be_sent_fails_at_once_and_has_done_nothing()
    {
        await LeaseAsync(40);
        _line.Cut();
        await UntilItFailsAsync();
        for (var call = 0; call < 20; call++)
            await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync(30, returned: 10).WaitAsync(TimeSpan.FromSeconds(5)));
        _line.Mend();
        await EventuallyAsync(async () => Assert.Equal(new CounterState(0, 40), await ReadAsync()));
    }

    [Fact]
    public async Task Whoever_comes_while_a_call_has_no_answer_is_refused_before_long()
    {
        _line.LoseAnswerTo(Call, staysBroken: true);
        var uncertain = LeaseAsync(25);
        await Product.EventuallyAsync(() => Task.FromResult(_line.Broken == 1), "the answer is lost");
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => LeaseAsync(10).WaitAsync(TimeSpan.FromSeconds(10)));
        using var leaving = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _authority.LeaseAsync(default, new LeaseRequest[] { new(Tokens, 100, 10, 10) }, leaving.Token));
        Assert.False(uncertain.IsCompleted);
        _line.Mend();
        Assert.Equal(new LeaseAnswer(25, 0, 25), await uncertain);
        Assert.Equal(new CounterState(0, 25), await ReadAsync());
    }

    [Fact]
    public async Task A_call_without_an_answer_ends_when_its_authority_does()
    {
        _line.LoseAnswerTo(Call, staysBroken: true);
        var uncertain = LeaseAsync(25);
        await Product.EventuallyAsync(() => Task.FromResult(_line.Broken == 1), "the answer is lost");
        await _authority.AbandonAsync();
        await Assert.ThrowsAsync<QuotaAuthorityUnavailableException>(() => uncertain.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_call_done_before_its_holder_expired_is_answered_after_it()
    {
        _line.LoseAnswerTo(Call, staysBroken: true);
        var uncertain = LeaseAsync(25);
        await Product.EventuallyAsync(() => Task.FromResult(_line.Broken == 1), "the answer is lost");
        await _store.Database.SortedSetAddAsync(_store.Keys.Holders, await _authority.HolderAsync(), 0);
        await _store.ConnectAsync(_server.Address);
        var other = _store.OpenAuthority();
        await other.OpenAsync(CancellationToken.None);
        _line.Mend();
        Assert.Equal(new LeaseAnswer(25, 0, 25), await uncertain);
        await SettleAsync("a", 25);
        Assert.Equal(new CounterState(25, 0), (await other.ReadAsync([Tokens.Key], CancellationToken.None))[0]);
    }

    [Fact]
    public async Task A_call_done_before_its_holder_expired_is_not_done_again_under_the_new_name()
    {
        var options = new RedisQuotaOptions { HolderLifetime = TimeSpan.FromSeconds(1), RetryDelay = TimeSpan.FromSeconds(1) };
        await using var store = await RedisQuotaStore.NewAsync(_server, TimeProvider.System, options);
        await store.ConnectAsync(_line.Address);
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var authority = store.OpenAuthority(time);
        var former = await authority.HolderAsync();
        await authority.OpenAsync(CancellationToken.None);
        _line.LoseAnswerTo(Call, staysBroken: true);
        var uncertain = authority.LeaseAsync(default, new LeaseRequest[] { new(Tokens, 100, 25, 25) }, CancellationToken.None).AsTask();
        await Product.EventuallyAsync(() => Task.FromResult(_line.Broken == 1), "the answer is lost");
        await store.Database.SortedSetAddAsync(store.Keys.Holders, former, 0);
        await store.ConnectAsync(_server.Address);
        await store.OpenAuthority().OpenAsync(CancellationToken.None);

        // Its heart beats before the call is asked again, and learns of it.
        _line.Mend();
        await Product.EventuallyAsync(() => Task.FromResult(authority.LastHolder != former), "it is told");
        Assert.False(uncertain.IsCompleted);
        await Product.EventuallyAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(100));
                return Task.FromResult(uncertain.IsCompleted);
            },
            "the call is asked again");
        Assert.Equal(new LeaseAnswer(25, 0, 25), (await uncertain)[0]);
    }

    [Fact]
    public async Task Killed_and_started_again_Redis_has_lost_nothing_that_it_had_answered()
    {
        var settled = new ConcurrentBag<string>();
        var granted = 0L;
        using var stop = new CancellationTokenSource();
        var workers = Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            for (var call = 0; !stop.IsCancellationRequested; call++)
            {
                try
                {
                    Interlocked.Add(ref granted, (await LeaseAsync(2)).Granted);
                    await SettleAsync($"{worker}:{call}", 1);
                    settled.Add($"{worker}:{call}");
                }
                catch (QuotaAuthorityUnavailableException)
                {
                    await Task.Delay(20);
                }
            }
        })).ToList();
        for (var round = 1; round <= 3; round++)
        {
            var before = settled.Count;
            await Product.EventuallyAsync(() => Task.FromResult(settled.Count > before + 200), "requests are settled");
            await _server.KillAsync();
            await _server.StartAgainAsync();
            await _store.AllowUserAsync();
        }
        await stop.CancelAsync();
        await Task.WhenAll(workers);

        var records = (await _store.EntriesAsync()).Select(record => record.RequestId).ToList();
        Assert.Empty(settled.Except(records));
        Assert.Equal(records.Count, records.Distinct().Count());
        var state = await ReadAsync();
        // A settlement that failed may have been done; a lease may not, since every call had its answer in the end.
        Assert.Equal((records.Count, granted - records.Count), (state.Spent, state.Leased));
    }

    [Fact]
    public async Task A_restart_in_an_orderly_way_keeps_holders_and_leases()
    {
        await LeaseAsync(40);
        var holder = await _authority.HolderAsync();
        await _server.StopAsync();
        await UntilItFailsAsync();
        await _server.StartAgainAsync();
        await _store.AllowUserAsync();
        await EventuallyAsync(() => SettleAsync("a", 40));
        Assert.Equal(new CounterState(40, 0), await ReadAsync());
        Assert.Equal(holder, await _authority.HolderAsync());
    }

    private async Task<LeaseAnswer> LeaseAsync(long need, long returned = 0) => (await _authority.LeaseAsync(
        returned == 0 ? default : new LeaseAmount[] { new(Tokens, 1_000_000, returned) }, new LeaseRequest[] { new(Tokens, 1_000_000, need, need) }, CancellationToken.None))[0];

    private async Task SettleAsync(string requestId, long amount) =>
        await _authority.SettleAsync([new Settlement(UsageRecords.Of(requestId), [new(Tokens, 1_000_000, amount)], [])], CancellationToken.None);

    private async Task<CounterState> ReadAsync() => (await _authority.ReadAsync([Tokens.Key], CancellationToken.None))[0];

    /// <summary>As the user that the late call was sent by.</summary>
    private Task DeliverAsync() => _line.DeliverAsync($"AUTH {_store.User} {_store.User}\r\n");

    private Task UntilItFailsAsync() => Product.EventuallyAsync(
        async () =>
        {
            try
            {
                await ReadAsync();
                return false;
            }
            catch (QuotaAuthorityUnavailableException)
            {
                return true;
            }
        },
        "the connection is gone");

    private static Task EventuallyAsync(Func<Task> works) => Product.EventuallyAsync(
        async () =>
        {
            try
            {
                await works();
                return true;
            }
            catch (QuotaAuthorityUnavailableException)
            {
                return false;
            }
        },
        "the accounts can be written again");
}
