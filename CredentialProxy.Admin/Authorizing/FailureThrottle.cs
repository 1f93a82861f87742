using System.Net;
using BitFaster.Caching.Lru;

namespace CredentialProxy.Admin.Authorizing;

/// <summary>Makes addresses wait that have failed to prove themselves often within a minute. Bounded: the addresses seen least recently are forgotten.</summary>
internal sealed class FailureThrottle(TimeProvider time)
{
    private const int MaxFailures = 30;
    private const int MaxAddresses = 10_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentLru<IPAddress, Failures> _failures = new(MaxAddresses);

    /// <summary>Whether the address must wait, and how long.</summary>
    public bool MustWait(IPAddress? address, out TimeSpan wait)
    {
        wait = default;
        if (address is null || !_failures.TryGet(address, out var failures))
        {
            return false;
        }
        lock (failures)
        {
            wait = failures.WindowEnd - time.GetUtcNow();
            return wait > TimeSpan.Zero && failures.Count >= MaxFailures;
        }
    }

    /// <summary>Notes a failure.</summary>
    public void Note(IPAddress? address)
    {
        if (address is null)
        {
            return;
        }
        var failures = _failures.GetOrAdd(address, static _ => new Failures());
        lock (failures)
        {
            var now = time.GetUtcNow();
            if (now >= failures.WindowEnd)
            {
                failures.WindowEnd = now + Window;
                failures.Count = 0;
            }
            failures.Count++;
        }
    }

    private sealed class Failures
    {
        public int Count { get; set; }

        public DateTimeOffset WindowEnd { get; set; }
    }
}
