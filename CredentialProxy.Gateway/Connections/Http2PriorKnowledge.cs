using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace CredentialProxy.Gateway.Connections;

/// <summary>
/// Serves HTTP/1.1 and HTTP/2 with prior knowledge (RFC 9113 §3.3) on one port without TLS. Kestrel chooses between the two by TLS's ALPN alone and falls
/// back to HTTP/1.1 without it; so a connection that begins with the HTTP/2 preface (§3.4) is shown to it as one that negotiated <c>h2</c>.
/// </summary>
internal static class Http2PriorKnowledge
{
    /// <summary>Longest wait for the first bytes of a connection, the same as Kestrel's for a request's header.</summary>
    private static readonly TimeSpan FirstBytesTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Adds it to a listener.</summary>
    public static ListenOptions UseHttp2PriorKnowledge(this ListenOptions listener, TimeProvider time)
    {
        listener.Protocols = HttpProtocols.Http1AndHttp2;
        listener.Use(next => connection => ServeAsync(connection, next, time));
        return listener;
    }

    private static async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next, TimeProvider time)
    {
        var closing = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        using (var timeout = new CancellationTokenSource(FirstBytesTimeout, time))
        using (var patience = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, closing))
        {
            try
            {
                if (await BeginsWithPrefaceAsync(connection, patience.Token))
                {
                    var negotiated = new NegotiatedHttp2();
                    connection.Features.Set<ITlsConnectionFeature>(negotiated);
                    connection.Features.Set<ITlsApplicationProtocolFeature>(negotiated);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // Nothing came in time, or the client went away before it said anything, or the server stops.
                connection.Abort();
                return;
            }
        }
        await next(connection);
    }

    private static async ValueTask<bool> BeginsWithPrefaceAsync(ConnectionContext connection, CancellationToken cancellationToken)
    {
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var (isPrefix, isWhole) = Compare(read.Buffer);
            var mustWait = isPrefix && !isWhole && !read.IsCompleted;
            input.AdvanceTo(read.Buffer.Start, mustWait ? read.Buffer.End : read.Buffer.Start);
            if (!mustWait)
            {
                return isWhole;
            }
        }
    }

    private static (bool IsPrefix, bool IsWhole) Compare(in ReadOnlySequence<byte> buffer)
    {
        var preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;
        var length = (int)Math.Min(buffer.Length, preface.Length);
        Span<byte> start = stackalloc byte[24];
        buffer.Slice(0, length).CopyTo(start);
        var isPrefix = start[..length].SequenceEqual(preface[..length]);
        return (isPrefix, isPrefix && length == preface.Length);
    }

    private sealed class NegotiatedHttp2 : ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        public ReadOnlyMemory<byte> ApplicationProtocol { get; } = "h2"u8.ToArray();

        public X509Certificate2? ClientCertificate { get; set; }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult<X509Certificate2?>(null);
    }
}
