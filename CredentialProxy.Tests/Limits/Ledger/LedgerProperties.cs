using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>What holds whatever happens, in whatever order, to however many ledgers.</summary>
public sealed class LedgerProperties
{
    [Property(MaxTest = 100, EndSize = 120, Arbitrary = [typeof(LedgerProperties)])]
    public Task No_limit_is_exceeded_nothing_flushed_is_lost_and_a_crash_costs_no_more_than_its_leases(Move[] moves) => RunAsync(SharedAccounts.StartAsync, moves);

    [Property(MaxTest = 100, EndSize = 120, Arbitrary = [typeof(LedgerProperties)])]
    public Task The_same_holds_where_the_accounts_are_in_Redis_and_members_are_taken_for_dead(Move[] moves) => RunAsync(HolderAccounts.StartAsync, moves);

    private static async Task RunAsync(Func<Task<ModelAccounts>> start, Move[] moves)
    {
        await using var model = await LedgerModel.StartAsync(start);
        foreach (var move in moves)
        {
            await model.DoAsync(move);
            await model.CheckAsync();
        }
        await model.EndAsync();
    }

    /// <summary>Moves of all kinds, those that end a request as often together as those that begin one.</summary>
    public static Arbitrary<Move> Moves() => (
        from kind in Gen.Frequency(
            (40, Gen.Constant(MoveKind.Reserve)), (20, Gen.Constant(MoveKind.Settle)), (4, Gen.Constant(MoveKind.Overrun)), (8, Gen.Constant(MoveKind.Release)),
            (8, Gen.Constant(MoveKind.Flush)), (15, Gen.Constant(MoveKind.Pass)), (2, Gen.Constant(MoveKind.Crash)),
            (3, Gen.Constant(MoveKind.Expire)), (5, Gen.Constant(MoveKind.Jump)))
        from which in Gen.Choose(0, 1_000)
        from amount in Gen.OneOf(Gen.Choose(1, 20), Gen.Choose(1, 150))
        select new Move(kind, which, amount)).ToArbitrary();
}
