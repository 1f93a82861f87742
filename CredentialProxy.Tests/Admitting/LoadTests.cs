using CredentialProxy.Core.Judging;
using CredentialProxy.Gateway;
using CredentialProxy.Gateway.Admitting;

namespace CredentialProxy.Tests.Admitting;

public sealed class LoadTests
{
    [Fact]
    public void However_many_come_at_once_no_more_are_in_than_may_be_and_all_leave_again()
    {
        const int Most = 7;
        var load = new Load();
        var inside = 0;
        var mostInside = 0;
        Parallel.For(0, 20_000, _ =>
        {
            if (load.TryEnter(Most))
            {
                var now = Interlocked.Increment(ref inside);
                InterlockedMax(ref mostInside, now);
                Interlocked.Decrement(ref inside);
                load.Leave();
            }
        });
        Assert.InRange(mostInside, 1, Most);
        Assert.Equal(0, load.OpenRequests);
    }

    [Fact]
    public void Bytes_are_held_up_to_the_bound_and_what_was_refused_leaves_no_trace()
    {
        var load = new Load();
        Assert.True(load.TryHold(60, 100));
        Assert.False(load.TryHold(41, 100));
        Assert.True(load.TryHold(40, 100));
        load.GiveBack(100);
        Assert.Equal(0, load.HeldBytes);
    }

    [Fact]
    public void What_all_have_no_room_for_does_not_count_for_the_token_either()
    {
        var options = new GatewayOptions { MaxHeldBytes = 1024 * 1024, MaxHeldBytesPerToken = 800 * 1024 };
        var (all, token, other) = (new Load(), new Load(), new Load());
        Assert.Null(new Admission(all, other, options).Hold(600 * 1024));
        var admission = new Admission(all, token, options);
        Assert.Equal(RefusalCode.Overloaded, admission.Hold(600 * 1024)?.Code);
        Assert.Equal(RefusalCode.ConcurrencyLimitExceeded, admission.Hold(900 * 1024)?.Code);
        Assert.Equal((600 * 1024, 0), (all.HeldBytes, token.HeldBytes));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}
