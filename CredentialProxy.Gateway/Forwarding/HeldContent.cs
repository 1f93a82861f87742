using System.Buffers;
using System.Net;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// A request's body that is in memory whole. Written right behind the headers, so that a small request leaves in one piece; the forwarder's own content sends the headers first, which
/// costs a system call and a packet. Whoever lends it the bytes waits for <see cref="EndAsync"/> before it takes them back: a call that has failed may still be writing.
/// </summary>
internal sealed class HeldContent(ReadOnlySequence<byte> body) : HttpContent
{
    private readonly Lock _gate = new();
    private Task _writing = Task.CompletedTask; // guarded by _gate
    private bool _hasEnded; // guarded by _gate
    private bool _isWritten; // volatile

    /// <summary>Whether all of it has been written, so that the bytes are not needed unless the call is repeated.</summary>
    public bool IsWritten => Volatile.Read(ref _isWritten);

    /// <summary>Completes when the bytes are not looked at any more, now or later. The call must have ended: nothing else stops a write that is under way.</summary>
    public async ValueTask EndAsync()
    {
        Task writing;
        lock (_gate)
        {
            _hasEnded = true;
            writing = _writing;
        }
        if (!writing.IsCompleted)
        {
            // Why it failed is the call's to tell.
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_hasEnded, this);
            return _writing = WriteAsync(stream, cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }

    private async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        foreach (var segment in body)
        {
            await stream.WriteAsync(segment, cancellationToken);
        }
        Volatile.Write(ref _isWritten, true);
    }
}
