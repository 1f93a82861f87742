using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Gateway.Connections;
using CredentialProxy.ServiceDefaults.Hosting;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// All requests that are being forwarded. Ends those that outlive a deadline, those whose token is revoked or expires while they run, and when the gateway stops those that have had their time.
/// </summary>
internal sealed class OpenRequests : BackgroundService
{
    // Deadlines are whole seconds; a tenth of the shortest is fine enough.
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(100);

    // Time for the event that tells a client why its stream ends.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly IDirectory _directory;
    private readonly SlowReaders _readers;
    private readonly TimeProvider _time;
    private readonly CancellationTokenRegistration _stopping;
    private readonly long _firstByteTicks;
    private readonly long _idleTicks;
    private readonly long _requestTicks;
    private OpenRequest? _first;
    private int _count;

    public OpenRequests(IDirectory directory, GatewayOptions options, Draining draining, SlowReaders readers, TimeProvider time)
    {
        _directory = directory;
        _readers = readers;
        _time = time;
        _firstByteTicks = options.FirstByteTimeoutSeconds * time.TimestampFrequency;
        _idleTicks = options.IdleTimeoutSeconds * time.TimestampFrequency;
        _requestTicks = options.RequestTimeoutSeconds * time.TimestampFrequency;
        _stopping = draining.TimeIsUp.UnsafeRegister(static requests => ((OpenRequests)requests!).EndWhere(static _ => EndReason.Stopping), this);
    }

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Enters a request; it must be left again by <see cref="Leave"/>.</summary>
    public OpenRequest Enter(string tokenId, DateTimeOffset? tokenExpiresAt, string? keyId = null)
    {
        var now = _time.GetTimestamp();
        var request = new OpenRequest(tokenId, keyId, now + _requestTicks, TimestampOf(tokenExpiresAt, now), (long)(LastWords.TotalSeconds * _time.TimestampFrequency)) { SentTimestamp = now };
        request.AwaitFirstByte(now + _firstByteTicks);
        lock (_lock)
        {
            request.Next = _first;
            if (_first is not null)
            {
                _first.Previous = request;
            }
            _first = request;
            request.IsListed = true;
            _count++;
        }
        // Its key was retired after it had proved the token, and before the request could be found here.
        if (keyId is not null && _directory.SigningKeys.Find(keyId) is null)
        {
            request.End(EndReason.TokenRevoked, now);
        }
        return request;
    }

    /// <summary>Has a request end when its token does by now: at once where it has ended.</summary>
    public void Follow(OpenRequest request, Grant? grant)
    {
        if (grant is null or { IsRevoked: true })
        {
            End([(request, EndReason.TokenRevoked)]);
        }
        else
        {
            request.EndWithToken(TimestampOf(grant.ExpiresAt, _time.GetTimestamp()));
        }
    }

    /// <summary>Those on their way of some tokens.</summary>
    public IReadOnlyList<OpenRequest> Of(Func<string, bool> isMeant) => Where(request => request.Request is not null && isMeant(request.TokenId));

    /// <summary>Notes that bytes came.</summary>
    public void Touch(OpenRequest request) => request.AwaitNextByte(_time.GetTimestamp() + _idleTicks);

    /// <summary>Notes that bytes go to the client.</summary>
    public void HandOn(OpenRequest request, int bytes)
    {
        var allowed = _readers.TicksFor(bytes);
        request.AwaitClient(allowed == long.MaxValue ? long.MaxValue : _time.GetTimestamp() + allowed);
    }

    /// <summary>Leaves; the request is disposed.</summary>
    public void Leave(OpenRequest request)
    {
        lock (_lock)
        {
            if (!request.IsListed)
            {
                return;
            }
            request.IsListed = false;
            if (request.Previous is null)
            {
                _first = request.Next;
            }
            else
            {
                request.Previous.Next = request.Next;
            }
            if (request.Next is not null)
            {
                request.Next.Previous = request.Previous;
            }
            _count--;
        }
        request.Dispose();
    }

    public override void Dispose()
    {
        _stopping.Dispose();
        base.Dispose();
    }

    /// <summary>Those that stream their answer to the client at present.</summary>
    public IReadOnlyList<OpenRequest> Streams() => Where(static request => request is { IsStream: true, Request: not null });

    /// <summary>Ends requests; for one that has left meanwhile it does nothing.</summary>
    public void End(IEnumerable<OpenRequest> requests, EndReason reason) => End(requests.Select(request => (request, reason)));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _directory.Changed += OnChanged;
        try
        {
            using var timer = new PeriodicTimer(SweepInterval, _time);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var now = _time.GetTimestamp();
                EndWhere(request => request.Overdue(now));
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
        finally
        {
            _directory.Changed -= OnChanged;
        }
    }

    private long TimestampOf(DateTimeOffset? expiry, long now) =>
        expiry is { } end ? now + (long)(Math.Clamp((end - _time.GetUtcNow()).TotalSeconds, 0, int.MaxValue) * _time.TimestampFrequency) : long.MaxValue;

    private List<OpenRequest> Where(Func<OpenRequest, bool> isMeant)
    {
        var found = new List<OpenRequest>();
        lock (_lock)
        {
            for (var request = _first; request is not null; request = request.Next)
            {
                if (isMeant(request))
                {
                    found.Add(request);
                }
            }
        }
        return found;
    }

    private void OnChanged(DirectoryChange change)
    {
        // What changed about the token is the directory's to know: only a token that has ended ends its requests.
        if (change is { TokenId: { } tokenId, HasEnded: true })
        {
            EndWhere(request => request.TokenId == tokenId ? EndReason.TokenRevoked : EndReason.None);
        }
        if (change.EndedKeyId is { } keyId)
        {
            EndWhere(request => request.KeyId == keyId ? EndReason.TokenRevoked : EndReason.None);
        }
    }

    // Cancelling runs callbacks, which may lead back here: collected under the lock, ended outside it. A request that leaves in between has
    // been disposed, and ending it then does nothing that matters.
    private void EndWhere(Func<OpenRequest, EndReason> reasonOf)
    {
        List<(OpenRequest Request, EndReason Reason)>? ending = null;
        lock (_lock)
        {
            for (var request = _first; request is not null; request = request.Next)
            {
                if (reasonOf(request) is var reason && reason != EndReason.None)
                {
                    (ending ??= []).Add((request, reason));
                }
            }
        }
        if (ending is not null)
        {
            End(ending);
        }
    }

    private void End(IEnumerable<(OpenRequest Request, EndReason Reason)> ending)
    {
        var now = _time.GetTimestamp();
        foreach (var (request, reason) in ending)
        {
            try
            {
                request.End(reason, now);
            }
            catch (ObjectDisposedException)
            {
                // It left in between.
            }
        }
    }
}
