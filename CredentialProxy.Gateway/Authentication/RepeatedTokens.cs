using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>
/// Remembers which tokens were turned away unread, to know one that comes again. A fixed table: a newer token takes the place of an older one that happens to
/// have the same, and two with the same fingerprint are one.
/// </summary>
internal sealed class RepeatedTokens(TimeProvider time)
{
    private const int Slots = 64 * 1024;

    /// <summary>How soon a token may come again to count as having done so, and how late, in seconds.</summary>
    private const uint FirstSecond = 1;
    private const uint LastSecond = 60;

    // In a slot's lower word, above the number of times; it begins anew after half a year.
    private const int SecondShift = 8;
    private const uint MaxSecond = 0xFF_FFFF;
    private const uint MaxTimes = 0xFF;

    private readonly long _start = time.GetTimestamp();

    // Each slot holds, in one word so that it is read and written whole, a fingerprint, the second it was last counted in, and how often it was.
    private readonly Lazy<long[]> _slots = new(() => new long[Slots]);

    /// <summary>How often the token has come, this time included; more often within a second counts once.</summary>
    public int Times(TokenHash hash)
    {
        var fingerprint = hash.Fingerprint;
        ref var slot = ref SlotOf(fingerprint);
        var now = (uint)time.GetElapsedTime(_start).TotalSeconds & MaxSecond;
        var seen = Volatile.Read(ref slot);
        var times = (uint)seen & MaxTimes;
        var age = (now - ((uint)seen >>> SecondShift)) & MaxSecond;
        if (times == 0 || (seen ^ fingerprint) >>> 32 != 0 || age > LastSecond)
        {
            times = 1;
        }
        else if (age >= FirstSecond)
        {
            times = Math.Min(times + 1, MaxTimes);
        }
        else
        {
            return (int)times;
        }
        Volatile.Write(ref slot, (fingerprint & ~0xFFFF_FFFFL) | (now << SecondShift) | times);
        return (int)times;
    }

    /// <summary>Forgets the token.</summary>
    public void Forget(TokenHash hash) => Volatile.Write(ref SlotOf(hash.Fingerprint), 0);

    private ref long SlotOf(long fingerprint) => ref _slots.Value[(int)(fingerprint & (Slots - 1))];
}
