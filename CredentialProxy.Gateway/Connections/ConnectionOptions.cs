using System.ComponentModel.DataAnnotations;

namespace CredentialProxy.Gateway.Connections;

/// <summary>Settings of the gateway's connections with its clients, at <c>Connections</c>: what one of them, one address and all together may take up.</summary>
public sealed class ConnectionOptions : IValidatableObject
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Connections";

    /// <summary>Most connections at a time; further ones are closed at once. An idle one takes some ten kilobytes.</summary>
    [Range(10, 1_000_000)]
    public int MaxConnections { get; set; } = 20_000;

    /// <summary>Most connections at a time from one client address (one /64 network of IPv6), so that none can take them all. Trusted proxies are not counted.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnectionsPerAddress { get; set; } = 10_000;

    /// <summary>
    /// Proxies before the gateway, as addresses or networks (<c>10.1.2.3</c>, <c>10.1.2.0/28</c>) in which nobody else is: who calls from one of them says itself which address it has. What the right-most <c>X-Forwarded-For</c> entry that is none of theirs says is
    /// the client's address, when the connection comes from one of them; otherwise that header is not looked at. Empty: none.
    /// </summary>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>Longest request line (method, path and query) of HTTP/1.1, in bytes; a longer one is answered 414.</summary>
    [Range(1024, 64 * 1024)]
    public int MaxRequestLineBytes { get; set; } = 8 * 1024;

    /// <summary>Most headers of a request; more are answered 431.</summary>
    [Range(10, 1000)]
    public int MaxHeaders { get; set; } = 100;

    /// <summary>Most bytes of all headers of a request together; more are answered 431. A session token is up to 16 KiB of them.</summary>
    [Range(4 * 1024, 256 * 1024)]
    public int MaxHeaderBytes { get; set; } = 32 * 1024;

    /// <summary>Longest wait for the first bytes of a connection, and from a request's first byte to the end of its headers, in seconds.</summary>
    [Range(1, 300)]
    public int HeadersTimeoutSeconds { get; set; } = 30;

    /// <summary>How long a connection without a request is kept, in seconds. A client that keeps its connections should give up before the gateway does.</summary>
    [Range(1, 3600)]
    public int KeepAliveTimeoutSeconds { get; set; } = 130;

    /// <summary>Fewest bytes a second, on average, at which a request's body must arrive while the gateway waits for it; 0 for any speed. A slower one is answered 408.</summary>
    [Range(0, 1_000_000)]
    public int MinRequestBytesPerSecond { get; set; } = 240;

    /// <summary>
    /// Fewest bytes a second, on average, that a client must take of an answer while bytes are waiting for it; 0 for any speed. A slower one is disconnected, or over HTTP/2 its stream reset. A stream
    /// that is silent because the provider is has nothing waiting, and is not measured.
    /// </summary>
    [Range(0, 1_000_000)]
    public int MinResponseBytesPerSecond { get; set; } = 240;

    /// <summary>How long a body or an answer may be slower than that before it counts, in seconds.</summary>
    [Range(2, 300)]
    public int SlowGraceSeconds { get; set; } = 5;

    /// <summary>Most bytes that have come on a connection, or a stream of HTTP/2, and have not been read; then the client must wait.</summary>
    [Range(512 * 1024, 16 * 1024 * 1024)]
    public int MaxUnreadRequestBytes { get; set; } = 1024 * 1024;

    /// <summary>Most bytes of an answer that wait for a client; then the upstream must wait.</summary>
    [Range(4 * 1024, 16 * 1024 * 1024)]
    public int MaxUnreadResponseBytes { get; set; } = 32 * 1024;

    /// <summary>HTTP/2: most requests at a time on one connection.</summary>
    [Range(1, 1000)]
    public int MaxStreamsPerConnection { get; set; } = 100;

    /// <summary>HTTP/2: most bytes of the table that compressed headers refer to.</summary>
    [Range(0, 64 * 1024)]
    public int HeaderTableBytes { get; set; } = 4 * 1024;

    /// <summary>HTTP/2: largest frame, in bytes.</summary>
    [Range(16 * 1024, 1024 * 1024)]
    public int MaxFrameBytes { get; set; } = 16 * 1024;

    /// <summary>HTTP/2: bytes that a client may send on one connection before the gateway has read them.</summary>
    [Range(64 * 1024, 16 * 1024 * 1024)]
    public int ConnectionWindowBytes { get; set; } = 1024 * 1024;

    /// <summary>HTTP/2: bytes that a client may send of one request's body before the gateway has read them.</summary>
    [Range(64 * 1024, 16 * 1024 * 1024)]
    public int StreamWindowBytes { get; set; } = 768 * 1024;

    /// <summary>HTTP/2: after how long a silence a client is asked whether it is still there, in seconds; it has as long to answer as for its headers.</summary>
    [Range(5, 3600)]
    public int PingAfterSeconds { get; set; } = 60;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (TrustedProxies.FirstOrDefault(text => !ClientAddresses.TryParseNetwork(text, out _)) is { } wrong)
        {
            yield return new ValidationResult($"'{wrong}' is neither an IP address nor a network such as 10.1.2.0/28", [nameof(TrustedProxies)]);
        }
    }
}
