using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Limits.Redis;

/// <summary>A ledger that was taken for dead and comes back: what counts what goes on at present may be somebody else's by now.</summary>
public sealed class ExpiredLedgerTests : RedisAuthorityTest
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>A request without tokens.</summary>
    private static readonly Demand Nothing = new(0, 0);

    private readonly FakeTimeProvider _time;
    private readonly List<QuotaLedger> _ledgers = [];
    private RedisQuotaAuthority _one = null!;
    private QuotaLedger _returning = null!;
    private QuotaLedger _other = null!;

    public ExpiredLedgerTests()
        : this(new FakeTimeProvider(new DateTimeOffset(2027, 1, 31, 23, 30, 0, TimeSpan.Zero)))
    {
    }

    private ExpiredLedgerTests(FakeTimeProvider time)
        : base(time) => _time = time;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _one = Store.OpenAuthority();
        (_returning, _other) = (NewLedger(_one), NewLedger(Store.OpenAuthority()));
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var ledger in _ledgers)
            await ledger.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Places_that_were_given_to_others_are_not_used_again()
    {
        var limit = new Limit(LimitUnit.Concurrent, 3, LimitWindow.Lifetime);
        var before = await TakeAsync(_returning, limit, 3);
        await ExpireAsync();
        var others = await TakeAsync(_other, limit, 3);
        foreach (var reservation in before)
            Settle(reservation);
        Assert.Empty(await TakeAsync(_returning, limit, 1));

        // They pass on as ever.
        Settle(others[0]);
        await UntilAsync(async () => (await TakeAsync(_returning, limit, 1)).Count == 1);
        Assert.Empty(await TakeAsync(_other, limit, 1));
    }

    [Theory]
    [InlineData(LimitWindow.Minute, 62)]
    [InlineData(LimitWindow.Second, 2)]
    public async Task What_it_had_ahead_in_a_sliding_window_is_not_used_in_a_later_one(LimitWindow window, int seconds)
    {
        // Of which it has a few ahead, for which it need not ask.
        var limit = new Limit(LimitUnit.Requests, 160, window);
        await TakeAndReleaseAsync(limit);
        await ExpireAsync(() => TakeAndReleaseAsync(limit));
        for (var second = 0; second < seconds; second++)
        {
            await PassAsync(Second);
            await TakeAndReleaseAsync(limit);
        }
        var others = await TakeAsync(_other, limit, 400);
        Assert.InRange(others.Count + (await TakeAsync(_returning, limit, 400)).Count, 150, 160);
    }

    private async Task TakeAndReleaseAsync(Limit limit)
    {
        foreach (var reservation in await TakeAsync(_returning, limit, 2))
            reservation.Release();
    }

    private QuotaLedger NewLedger(RedisQuotaAuthority authority)
    {
        var ledger = new QuotaLedger(authority, new QuotaLedgerOptions { MaxSettleDelay = TimeSpan.FromMinutes(1), OutageTolerance = TimeSpan.FromMinutes(1) }, _time, NullLogger<QuotaLedger>.Instance);
        _ledgers.Add(ledger);
        return ledger;
    }

    /// <summary>As many reservations as there are, up to a number.</summary>
    private static async Task<List<Reservation>> TakeAsync(QuotaLedger ledger, Limit limit, int most)
    {
        var accounts = ledger.Bind([new AccountLimits(AccountId.Token("one"), [limit])]);
        var taken = new List<Reservation>();
        while (taken.Count < most && (await ledger.ReserveAsync(accounts, null, Nothing, new Owner(), CancellationToken.None)).Reservation is { } reservation)
            taken.Add(reservation);
        return taken;
    }

    private static void Settle(Reservation reservation) => Assert.True(reservation.Settle(Nothing, ((Owner)reservation.Owner).Record(Nothing)));

    /// <summary>Has everybody take the one for dead, and lets it learn so.</summary>
    private async Task ExpireAsync(Func<Task>? meanwhile = null)
    {
        var former = await _one.HolderAsync();
        await Store.Database.SortedSetAddAsync(Store.Keys.Holders, former, 0);
        await Store.OpenAuthority().OpenAsync(CancellationToken.None);
        await UntilAsync(async () =>
        {
            await (meanwhile?.Invoke() ?? Task.CompletedTask);
            return await _one.HolderAsync() != former;
        });
    }

    private async Task UntilAsync(Func<Task<bool>> isSo) => await Product.EventuallyAsync(
        async () =>
        {
            await PassAsync(Second);
            return await isSo();
        },
        "it is so");

    private async Task PassAsync(TimeSpan time)
    {
        _time.Advance(time);
        await _one.RestAsync();
    }
}
