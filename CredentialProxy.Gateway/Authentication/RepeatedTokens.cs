using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>
/// Remembers which tokens were turned away unread, to know one that comes again. A fixed table: where it is full, a newer token takes the place of the one that came longest ago, and two with the same
/// fingerprint are one.
/// </summary>
internal sealed class RepeatedTokens(TimeProvider time)
{
    private const int Slots = 64 * 1024;

    /// <summary>Slots that a token may be in: a flood must fill all of them with newer ones before it is forgotten.</summary>
    private const int Ways = 4;

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
        var now = (uint)time.GetElapsedTime(_start).TotalSeconds & MaxSecond;
        ref var slot = ref SlotOf(fingerprint, now);
        var seen = Volatile.Read(ref slot);
        var times = (uint)seen & MaxTimes;
        var age = AgeOf(seen, now);
        if (!Holds(seen, fingerprint) || age > LastSecond)
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
    public void Forget(TokenHash hash)
    {
        var fingerprint = hash.Fingerprint;
        ref var slot = ref SlotOf(fingerprint, 0);
        if (Holds(Volatile.Read(ref slot), fingerprint))
        {
            Volatile.Write(ref slot, 0);
        }
    }

    private static bool Holds(long seen, long fingerprint) => seen != 0 && (seen ^ fingerprint) >>> 32 == 0;

    private static uint AgeOf(long seen, uint now) => seen == 0 ? uint.MaxValue : (now - ((uint)seen >>> SecondShift)) & MaxSecond;

    // That of the token, or the one that may be taken for it.
    private ref long SlotOf(long fingerprint, uint now)
    {
        var slots = _slots.Value.AsSpan((int)(fingerprint & ((Slots / Ways) - 1)) * Ways, Ways);
        var oldest = 0;
        for (var i = 0; i < slots.Length; i++)
        {
            var seen = Volatile.Read(ref slots[i]);
            if (Holds(seen, fingerprint))
            {
                return ref slots[i];
            }
            oldest = AgeOf(seen, now) > AgeOf(Volatile.Read(ref slots[oldest]), now) ? i : oldest;
        }
        return ref slots[oldest];
    }
}
