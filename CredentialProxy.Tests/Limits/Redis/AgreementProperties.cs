using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Ledger;
using CredentialProxy.Tests.Limits.Ledger;
using CredentialProxy.Tests.Limits.Sqlite;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Limits.Redis;

/// <summary>Two authorities that share no line of code answer alike, whatever they are asked and in whatever order.</summary>
public sealed class AgreementProperties
{
    private static readonly (CounterKey Key, long[] Limits)[] Counters =
    [
        (Of(LimitWindow.Lifetime), [100, 60]),
        (Of(LimitWindow.Hour), [200, 150]),
        (Of(LimitWindow.Minute), [50, 80]),
        (Of(LimitWindow.Second), [40, 30]),
        (Of(LimitWindow.Lifetime, LimitUnit.Concurrent), [5, 3]),
    ];

    [Property(MaxTest = 60, EndSize = 80, Arbitrary = [typeof(AgreementProperties)])]
    public async Task Redis_answers_what_SQLite_answers(Ask[] asks)
    {
        var time = new JumpingTime(new DateTimeOffset(2027, 1, 31, 23, 30, 0, TimeSpan.Zero));
        var clock = new LedgerClock(time);
        await using var redis = await RedisQuotaStore.CreateAsync(time);
        await using var sqlite = await SqliteQuotaStore.CreateAsync(time);
        var (one, other) = (redis.Open(), sqlite.Open());
        var requests = 0;
        foreach (var ask in asks)
        {
            switch (ask.Kind)
            {
                case AskKind.Lease:
                    var (returns, wishes) = Leasing(ask, clock);
                    Assert.Equal(await other.LeaseAsync(returns, wishes, CancellationToken.None), await one.LeaseAsync(returns, wishes, CancellationToken.None));
                    break;
                case AskKind.Settle or AskKind.SettleAgain:
                    var id = ask.Kind == AskKind.Settle ? ++requests : Math.Max(1, requests);
                    var settlement = Settling(ask, id, clock);
                    await other.SettleAsync([settlement], CancellationToken.None);
                    await one.SettleAsync([settlement], CancellationToken.None);
                    break;
                case AskKind.Pass:
                    time.Advance(TimeSpan.FromMilliseconds(ask.Amounts[0] * (ask.Amounts[1] % 3 == 0 ? 20 : 700)));
                    break;
                case AskKind.Jump:
                    // By what a gateway's clock may differ from Redis', which goes on.
                    time.JumpTo(TimeSpan.FromSeconds((ask.Amounts[0] % 110) - 55));
                    break;
                case AskKind.Crash:
                    await redis.KillAsync(one);
                    await sqlite.KillAsync(other);
                    // They begin when the clock is right again.
                    time.JumpTo(TimeSpan.Zero);
                    (one, other) = (redis.Open(), sqlite.Open());
                    break;
            }
            var keys = Counters.Select(counter => counter.Key).ToList();
            Assert.Equal(await other.ReadAsync(keys, CancellationToken.None), await one.ReadAsync(keys, CancellationToken.None));
        }
        Assert.Equal((await sqlite.RecordsAsync()).Select(row => row.RequestId), (await redis.RecordsAsync()).Select(row => row.RequestId));
    }

    /// <summary>Calls of all kinds.</summary>
    public static Arbitrary<Ask> Asks() => (
        from kind in Gen.Frequency(
            (40, Gen.Constant(AskKind.Lease)), (30, Gen.Constant(AskKind.Settle)), (5, Gen.Constant(AskKind.SettleAgain)), (20, Gen.Constant(AskKind.Pass)), (3, Gen.Constant(AskKind.Crash)),
            (5, Gen.Constant(AskKind.Jump)))
        from amounts in Gen.OneOf(Gen.Choose(1, 10), Gen.Choose(1, 120)).ArrayOf(12)
        select new Ask(kind, amounts)).ToArbitrary();

    private static CounterKey Of(LimitWindow window, LimitUnit unit = LimitUnit.Tokens) => new(AccountId.Token("one"), unit, window);

    private static CounterInstance Now(CounterKey key, LedgerClock clock) =>
        new(key, WindowClock.StartOf(key.Window, WindowClock.IsSliding(key.Window) ? clock.SteadyMs(clock.Timestamp) : clock.NowMs));

    /// <summary>One or two returns and up to four wishes, on counters and limits picked by the amounts.</summary>
    private static (LeaseAmount[] Returns, LeaseRequest[] Requests) Leasing(Ask ask, LedgerClock clock)
    {
        var amounts = ask.Amounts;
        var returns = Enumerable.Range(0, amounts[0] % 3).Select(index => Pick(amounts[index + 1], clock) is var (counter, limit) ? new LeaseAmount(counter, limit, amounts[index + 3]) : default);
        var requests = Enumerable.Range(0, 1 + (amounts[0] % 4)).Select(index =>
        {
            var (counter, limit) = Pick(amounts[index + 5], clock);
            return new LeaseRequest(counter, limit, Math.Max(1, amounts[index + 6] / 4), Math.Max(1, amounts[index + 6]));
        });
        return ([.. returns], [.. requests]);
    }

    /// <summary>Charges and excesses, at most one limit of each counter; in the present bucket or one before it.</summary>
    private static Settlement Settling(Ask ask, int id, LedgerClock clock)
    {
        var amounts = ask.Amounts;
        var picked = Enumerable.Range(0, 1 + (amounts[0] % 3)).Select(index => (Pick(amounts[index + 1], clock), Amount: (long)amounts[index + 4], Excess: amounts[index + 7] > 20 ? 0L : amounts[index + 7]))
            .DistinctBy(pick => pick.Item1.Counter.Key).Where(pick => pick.Item1.Counter.Key.Unit != LimitUnit.Concurrent).ToList();
        CounterInstance Bucket(CounterInstance counter) =>
            WindowClock.IsSliding(counter.Key.Window) ? counter with { Start = counter.Start - (amounts[10] % 4 * WindowClock.BucketMs(counter.Key.Window)) } : counter;
        return new Settlement(
            UsageRecords.Of($"req_{id:D4}"),
            [.. picked.Select(pick => new LeaseAmount(Bucket(pick.Item1.Counter), pick.Item1.Limit, pick.Amount))],
            [.. picked.Where(pick => pick.Excess > 0).Select(pick => new LeaseAmount(Bucket(pick.Item1.Counter), pick.Item1.Limit, pick.Excess))]);
    }

    private static (CounterInstance Counter, long Limit) Pick(int number, LedgerClock clock)
    {
        var (key, limits) = Counters[number % Counters.Length];
        return (Now(key, clock), limits[number / Counters.Length % limits.Length]);
    }

    /// <summary>What may be done with accounts.</summary>
    public enum AskKind
    {
        Lease,
        Settle,
        SettleAgain,
        Pass,
        Crash,
        Jump,
    }

    /// <summary>One thing done, and what it is done with.</summary>
    public sealed record Ask(AskKind Kind, int[] Amounts);
}
