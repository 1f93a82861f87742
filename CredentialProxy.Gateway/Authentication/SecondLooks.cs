using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>
/// Remembers which tokens were turned away unread, to know one that comes again. A fixed table: a newer token takes the place of an older one that happens to
/// have the same, and two with the same fingerprint are one.
/// </summary>
internal sealed class SecondLooks(TimeProvider time)
{
    private const int Slots = 64 * 1024;

    /// <summary>How soon a token may come again, and how late, in seconds.</summary>
    private const uint FirstSecond = 1;
    private const uint LastSecond = 60;

    private readonly long _start = time.GetTimestamp();

    // Each slot holds, in one word so that it is read and written whole, a fingerprint and the second it was first seen in, counted from 1.
    private readonly Lazy<long[]> _slots = new(() => new long[Slots]);

    /// <summary>Whether the token was turned away a moment ago; remembers it otherwise.</summary>
    public bool IsDue(TokenHash hash)
    {
        var fingerprint = hash.Fingerprint;
        ref var slot = ref _slots.Value[(int)(fingerprint & (Slots - 1))];
        var now = (uint)time.GetElapsedTime(_start).TotalSeconds + 1;
        var seen = Volatile.Read(ref slot);
        var age = now - (uint)seen;
        if (seen == 0 || (seen ^ fingerprint) >>> 32 != 0 || age > LastSecond)
        {
            Volatile.Write(ref slot, (fingerprint & ~0xFFFF_FFFFL) | now);
            return false;
        }
        return age >= FirstSecond;
    }
}
