using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Rebuilding;

/// <summary>What is spent beyond a limit when Redis loses accounts is, to the micro-dollar, what docs/operations.md says that it is at worst.</summary>
public sealed class WorstOverspendTests
{
    private const long Limit = 100_000;

    [Theory]
    [InlineData(Loss.EndOfFile, 0, 2, 2 * 700)]
    [InlineData(Loss.EndOfFile, 2, 0, 2 * 700)]
    [InlineData(Loss.EndOfFile, 1, 1, 2 * 700)]
    [InlineData(Loss.LagOfReplica, 0, 2, 2 * 700)]
    [InlineData(Loss.LagOfReplica, 2, 0, 2 * 700)]
    [InlineData(Loss.LagOfReplica, 1, 1, 2 * 700)]
    [InlineData(Loss.Everything, 0, 2, 2 * (30 + 900 + 150))]
    [InlineData(Loss.Everything, 2, 0, 2 * (30 + 900 + 150))]
    [InlineData(Loss.Everything, 1, 1, 2 * (30 + 900 + 150))]
    public async Task Gateways_that_end_or_come_too_late_cost_what_they_settled_and_leased_that_nobody_knows_of_and_others_nothing(Loss loss, int dead, int late, long cost)
    {
        await using var scene = await LossScene.SetAsync(loss, Limit, dead, late, inTime: 1);
        await SpendAsync(scene);

        var bound = await scene.LoseAsync();

        Assert.Equal(cost, bound);
        Assert.Equal(bound, await scene.OverspendAsync());
    }

    [Theory]
    [InlineData(Loss.EndOfFile)]
    [InlineData(Loss.LagOfReplica)]
    public async Task Where_nobody_else_lost_anything_a_gateway_that_is_back_last_comes_too_late(Loss loss)
    {
        await using var scene = await LossScene.SetAsync(loss, Limit, dead: 0, late: 1, inTime: 0);
        await SpendAsync(scene);

        var bound = await scene.LoseAsync();

        Assert.Equal(700, bound);
        Assert.Equal(bound, await scene.OverspendAsync());
    }

    [Fact]
    public async Task A_gateway_that_lost_something_says_so_as_soon_as_Redis_is_back()
    {
        await using var scene = await LossScene.SetAsync(Loss.EndOfFile, Limit, dead: 0, late: 0, inTime: 0);
        // Without a heartbeat, and without a call.
        scene.AddInTime(scene.Accounts.OpenCutOff(new FakeTimeProvider(TimeProvider.System.GetUtcNow())));
        await SpendAsync(scene);
        Assert.Equal(0, await scene.LoseAsync());
        var (redis, keys) = (scene.Accounts.Database, scene.Accounts.Store.Keys);

        scene.Accounts.CutOff.Mend();

        await Product.EventuallyAsync(async () => $"{await redis.StringGetAsync(keys.Epoch)}".StartsWith("rebuilding:", StringComparison.Ordinal), "nothing is leased any more");
        Assert.Equal(0, await scene.OverspendAsync());
    }

    /// <summary>Its settlements wait in the stream, and the end of the lease of one that was killed does.</summary>
    [Theory]
    [InlineData(false, 30 + 900)]
    [InlineData(true, 30 + 900 + 150)]
    public async Task A_gateway_that_had_ended_long_before_costs_what_Postgres_does_not_have_of_it(bool isKilled, long cost)
    {
        await using var scene = await LossScene.SetAsync(Loss.Everything, Limit, dead: 1, late: 0, inTime: 1);
        await SpendAsync(scene);
        var gateway = scene.Dead[0];
        await (isKilled ? gateway.DieAsync() : gateway.EndAsync());
        var keys = scene.Accounts.Store.Keys;
        await Product.EventuallyAsync(
            async () => await scene.Accounts.Database.SortedSetLengthAsync(keys.Holders) == 1 && await scene.Accounts.Database.SortedSetLengthAsync(keys.Dead) == 0,
            "nothing is leased by it any more");

        var bound = await scene.LoseAsync();

        Assert.Equal(cost, bound);
        Assert.Equal(bound, await scene.OverspendAsync());
    }

    [Fact]
    public async Task A_lease_whose_answer_was_lost_is_not_given_to_others_as_well()
    {
        const long Unusual = 77_777;
        await using var scene = await LossScene.SetAsync(Loss.EndOfFile, Limit, dead: 0, late: 0, inTime: 0);
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var authority = scene.Accounts.OpenCutOff(time);
        var gateway = scene.AddInTime(authority);
        await gateway.LeaseAsync(10);
        scene.Accounts.CutOff.LoseAnswerTo($"{Unusual}");
        var uncertain = gateway.LeaseAsync(Unusual);
        await Product.EventuallyAsync(() => Task.FromResult(scene.Accounts.CutOff.Broken == 1), "the answer is lost");
        await scene.Accounts.BeginLostTimeAsync();
        // Not before: it would count one as dead whose heart does not beat.
        var other = scene.AddInTime(scene.Accounts.Store.OpenAuthority());
        await other.LeaseAsync(100);
        var former = scene.Accounts.Store.Keys.Leases(authority.LastHolder);
        Assert.Equal(0, await scene.LoseAsync());
        Assert.Equal(Unusual + 10, (long)await scene.Accounts.Database.HashGetAsync(former, (await scene.Accounts.Database.HashKeysAsync(former))[0]));

        scene.Accounts.CutOff.Mend();
        await other.LookAsync();
        await AdvanceUntilAsync(async () => !await scene.Accounts.Database.KeyExistsAsync(former), "it has said what it holds");
        await scene.Control.OpenAsync();
        await AdvanceUntilAsync(() => Task.FromResult(uncertain.IsCompleted), "it is answered");

        Assert.Equal(Unusual, await uncertain);
        Assert.Equal(0, await scene.OverspendAsync());

        Task AdvanceUntilAsync(Func<Task<bool>> condition, string what) => Product.EventuallyAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(50));
                return await condition();
            },
            what);
    }

    [Fact]
    public async Task What_a_gateway_settled_again_that_came_too_late_is_not_forgotten_when_accounts_are_lost_once_more()
    {
        await using var scene = await LossScene.SetAsync(Loss.Everything, Limit, dead: 0, late: 1, inTime: 0);
        var gateway = scene.Late[0];
        await gateway.LeaseAsync(500);
        await gateway.SettleAsync(120);
        await scene.LoseAsync();
        await scene.Control.OpenAsync();
        scene.Accounts.CutOff.Mend();
        await gateway.SettleAsync(10);
        await gateway.SettleAsync(20);

        await scene.LoseAsync();

        scene.Accounts.CutOff.Mend();
        await gateway.LookAsync();
        Assert.Equal(0, await scene.OverspendAsync());
    }

    // Of each gateway's first lease, 120 are settled and recorded, and 30 settled alone. Then comes the time that is lost, unless everything is: 700 more are leased, 900 settled, and 150 held to its end.
    private static async Task SpendAsync(LossScene scene)
    {
        foreach (var gateway in scene.All)
        {
            await gateway.LeaseAsync(500);
            await gateway.SettleAsync(120);
        }
        await scene.Control.RecordAsync();
        foreach (var gateway in scene.All)
            await gateway.SettleAsync(30);
        await scene.Accounts.BeginLostTimeAsync();
        foreach (var gateway in scene.All)
        {
            Assert.Equal(700, await gateway.LeaseAsync(600, ahead: 100));
            await gateway.SettleAsync(900);
        }
    }
}
