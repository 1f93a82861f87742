namespace CredentialProxy.Gateway.Forwarding;

/// <summary>Why the gateway itself ended a request.</summary>
internal enum EndReason
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>No answer began in time.</summary>
    FirstByteTimeout,

    /// <summary>The answer fell silent.</summary>
    IdleTimeout,

    /// <summary>The request lived too long.</summary>
    RequestTimeout,

    /// <summary>The client did not take what had come.</summary>
    ClientTooSlow,

    /// <summary>The token was revoked, disabled or deleted, or the key that signed it retired.</summary>
    TokenRevoked,

    /// <summary>The token has expired.</summary>
    TokenExpired,

    /// <summary>The gateway stops, and the request has had its time.</summary>
    Stopping,

    /// <summary>A limit that it is charged to has nothing left.</summary>
    LimitSpent,
}

/// <summary>
/// A request that has been forwarded and not yet settled. One sweep looks after the deadlines of all of them, so that no request needs a
/// timer of its own. Guarded by <see cref="OpenRequests"/>' lock: the links; written by the request and read by the sweep: the deadline.
/// </summary>
internal sealed class OpenRequest(string tokenId, string? keyId, long endTimestamp, long tokenEndTimestamp, long lastWordsTicks) : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private CancellationTokenSource? _reading;
    private ProxyRequest? _request;
    private long _tokenEnd = tokenEndTimestamp;
    private long _cutAt = long.MaxValue;
    private long _deadline = long.MaxValue;
    private int _reason;
    private int _phase;

    public string TokenId => tokenId;

    /// <summary>What is known of it; null until it is on its way.</summary>
    public ProxyRequest? Request
    {
        get => Volatile.Read(ref _request);
        set => Volatile.Write(ref _request, value);
    }

    /// <summary>Whether a stream of events is under way that can be ended with an event that says why.</summary>
    public bool IsStream => Volatile.Read(ref _reading) is not null;

    /// <summary>The signing key that proved the token; null for none.</summary>
    public string? KeyId => keyId;

    /// <summary>When it was sent on.</summary>
    public required long SentTimestamp { get; init; }

    /// <summary>Breaks off everything.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>Why the gateway ended it; <see cref="EndReason.None"/> while it has not.</summary>
    public EndReason Reason => (EndReason)Volatile.Read(ref _reason);

    internal OpenRequest? Next { get; set; }

    internal OpenRequest? Previous { get; set; }

    internal bool IsListed { get; set; }

    /// <summary>Sets the moment at which its token ends.</summary>
    public void EndWithToken(long end) => Volatile.Write(ref _tokenEnd, end);

    /// <summary>Sets the moment by which the first byte must come.</summary>
    public void AwaitFirstByte(long deadline) => Volatile.Write(ref _deadline, deadline);

    /// <summary>Sets the moment by which the next byte must come.</summary>
    public void AwaitNextByte(long deadline) => Await(Phase.NextByte, deadline);

    /// <summary>Sets the moment by which the client must have taken the bytes that it is being given.</summary>
    public void AwaitClient(long deadline) => Await(Phase.Client, deadline);

    /// <summary>
    /// Has an end of the request stop the reading of its answer alone, at first: an event that tells the client why can then still be written. Answers the token to read with.
    /// </summary>
    public CancellationToken LeaveLastWords(CancellationToken clientLeft)
    {
        var reading = CancellationTokenSource.CreateLinkedTokenSource(clientLeft);
        Volatile.Write(ref _reading, reading);
        return reading.Token;
    }

    /// <summary>Ends the request; the first reason stays. Called again when the time for last words is over, it breaks off what is left: a client that does not read must not hold it open.</summary>
    public void End(EndReason reason, long now)
    {
        if (Interlocked.CompareExchange(ref _reason, (int)reason, (int)EndReason.None) == (int)EndReason.None)
        {
            Volatile.Write(ref _cutAt, now + lastWordsTicks);
            // Who takes nothing takes no last words either.
            (reason == EndReason.ClientTooSlow ? _cancellation : Volatile.Read(ref _reading) ?? _cancellation).Cancel();
        }
        else if (now >= Volatile.Read(ref _cutAt))
        {
            _cancellation.Cancel();
        }
    }

    /// <summary>Which deadline, if any, has passed; of a request that was ended, why it was.</summary>
    internal EndReason Overdue(long now)
    {
        if (Reason != EndReason.None)
        {
            return Reason;
        }
        var tokenEnd = Volatile.Read(ref _tokenEnd);
        if (now >= Math.Min(tokenEnd, endTimestamp))
        {
            return tokenEnd < endTimestamp ? EndReason.TokenExpired : EndReason.RequestTimeout;
        }
        if (now < Volatile.Read(ref _deadline))
        {
            return EndReason.None;
        }
        return (Phase)Volatile.Read(ref _phase) switch
        {
            Phase.FirstByte => EndReason.FirstByteTimeout,
            Phase.NextByte => EndReason.IdleTimeout,
            _ => EndReason.ClientTooSlow,
        };
    }

    public void Dispose()
    {
        _cancellation.Dispose();
        _reading?.Dispose();
    }

    // A sweep that reads between the writes must not find a phase overdue by the deadline of another.
    private void Await(Phase phase, long deadline)
    {
        Volatile.Write(ref _deadline, long.MaxValue);
        Volatile.Write(ref _phase, (int)phase);
        Volatile.Write(ref _deadline, deadline);
    }

    private enum Phase
    {
        FirstByte,
        NextByte,
        Client,
    }
}
