using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CredentialProxy.Gateway.Connections;

/// <summary>Puts the settings of connections where Kestrel reads them.</summary>
internal static class KestrelLimits
{
    public static void Apply(this KestrelServerLimits limits, ConnectionOptions options)
    {
        limits.MaxConcurrentConnections = options.MaxConnections;
        limits.MaxRequestLineSize = options.MaxRequestLineBytes;
        limits.MaxRequestHeaderCount = options.MaxHeaders;
        limits.MaxRequestHeadersTotalSize = options.MaxHeaderBytes;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(options.HeadersTimeoutSeconds);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(options.KeepAliveTimeoutSeconds);
        limits.MinRequestBodyDataRate = Rate(options.MinRequestBytesPerSecond, options);
        limits.MinResponseDataRate = Rate(options.MinResponseBytesPerSecond, options);
        limits.MaxRequestBufferSize = options.MaxUnreadRequestBytes;
        limits.MaxResponseBufferSize = options.MaxUnreadResponseBytes;
        // Bodies are bounded by GatewayOptions, each kind by its own setting.
        limits.MaxRequestBodySize = null;
        limits.Http2.MaxStreamsPerConnection = options.MaxStreamsPerConnection;
        limits.Http2.HeaderTableSize = options.HeaderTableBytes;
        limits.Http2.MaxFrameSize = options.MaxFrameBytes;
        limits.Http2.MaxRequestHeaderFieldSize = options.MaxHeaderBytes;
        limits.Http2.InitialConnectionWindowSize = options.ConnectionWindowBytes;
        limits.Http2.InitialStreamWindowSize = options.StreamWindowBytes;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(options.PingAfterSeconds);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(options.HeadersTimeoutSeconds);
    }

    private static MinDataRate? Rate(int bytesPerSecond, ConnectionOptions options) =>
        bytesPerSecond == 0 ? null : new MinDataRate(bytesPerSecond, TimeSpan.FromSeconds(options.SlowGraceSeconds));
}
