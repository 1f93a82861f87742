using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Rebuilding;

/// <summary>Whatever gateways did before Redis loses accounts, what is spent beyond a limit is what docs/operations.md says.</summary>
public sealed class OverspendProperties
{
    private const long Limit = 100_000;

    [Property(MaxTest = 2, StartSize = 40, EndSize = 60, Arbitrary = [typeof(OverspendProperties)])]
    public Task When_the_end_of_the_file_is_lost(Deed[] before, Deed[] inLostTime) => IsWhatIsSaidAsync(Loss.EndOfFile, before, inLostTime);

    [Property(MaxTest = 2, StartSize = 40, EndSize = 60, Arbitrary = [typeof(OverspendProperties)])]
    public Task When_a_replica_is_promoted_that_lagged(Deed[] before, Deed[] inLostTime) => IsWhatIsSaidAsync(Loss.LagOfReplica, before, inLostTime);

    [Property(MaxTest = 2, StartSize = 40, EndSize = 60, Arbitrary = [typeof(OverspendProperties)])]
    public Task When_everything_is_lost(Deed[] before, Deed[] inLostTime) => IsWhatIsSaidAsync(Loss.Everything, before, inLostTime);

    /// <summary>What a gateway does, with how much of the limit or of what it holds.</summary>
    public static Arbitrary<Deed> Deeds() => (
        from kind in Gen.Frequency((3, Gen.Constant(DeedKind.Lease)), (3, Gen.Constant(DeedKind.Settle)), (1, Gen.Constant(DeedKind.Return)), (1, Gen.Constant(DeedKind.Record)))
        from gateway in Gen.Choose(0, 99)
        from amount in Gen.Choose(1, 400)
        from ahead in Gen.Choose(0, 400)
        select new Deed(kind, gateway, amount, ahead)).ToArbitrary();

    // The limit is so large that what is left of it is always more than what is spent twice: then the bound is what is overspent, and where more is held back than was spent, that is left over.
    private static async Task IsWhatIsSaidAsync(Loss loss, Deed[] before, Deed[] inLostTime)
    {
        await using var scene = await LossScene.SetAsync(loss, Limit, dead: 2, late: 2, inTime: 1);
        await DoAsync(scene, before);
        await scene.Accounts.BeginLostTimeAsync();
        await DoAsync(scene, inLostTime);

        var bound = await scene.LoseAsync();

        Assert.Equal(bound, await scene.OverspendAsync());
    }

    private static async Task DoAsync(LossScene scene, Deed[] deeds)
    {
        var gateways = scene.All.ToList();
        foreach (var deed in deeds)
        {
            var gateway = gateways[deed.Gateway % gateways.Count];
            await (deed.Kind switch
            {
                DeedKind.Lease => gateway.LeaseAsync(deed.Amount, deed.Ahead),
                DeedKind.Settle when gateway.Held > 0 => gateway.SettleAsync(Math.Min(deed.Amount, gateway.Held)),
                DeedKind.Return when gateway.Held > 0 => gateway.ReturnAsync(Math.Min(deed.Amount, gateway.Held)),
                DeedKind.Record => scene.Control.RecordAsync(),
                _ => Task.CompletedTask,
            });
        }
    }

    public enum DeedKind
    {
        Lease,
        Settle,
        Return,
        Record,
    }

    /// <summary>One thing done.</summary>
    public sealed record Deed(DeedKind Kind, int Gateway, int Amount, int Ahead);
}
