using CredentialProxy.Gateway.Metering;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// The upstream's answer as the forwarder reads it. Every read is shown to the meter before it is handed on, so that a request is settled before the
/// bytes that end its answer can reach the client; and a stream of events that breaks off ends in an error event of the client's own dialect.
/// Nothing is held back: a read returns what arrived.
/// </summary>
internal sealed class AnswerStream(Stream upstream, AnswerMeter meter) : Stream
{
    private ReadOnlyMemory<byte> _last;
    private bool _isBroken;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!_isBroken)
        {
            int count;
            try
            {
                count = await upstream.ReadAsync(buffer, meter.Reading.CanBeCanceled ? meter.Reading : cancellationToken);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or HttpRequestException or OperationCanceledException && meter.TryEndWithErrorEvent(e, out _last))
            {
                _isBroken = true;
                break;
            }
            if (buffer.Length == 0)
            {
                // The forwarder waits for bytes before it rents a buffer for them.
                return 0;
            }
            if (count == 0)
            {
                meter.OnEnd();
                return 0;
            }
            if (meter.Objects is { } objects)
            {
                await objects.OnBytes(buffer.Span[..count]);
            }
            meter.OnBytes(buffer.Span[..count]);
            return count;
        }
        var length = Math.Min(buffer.Length, _last.Length);
        _last[..length].CopyTo(buffer);
        _last = _last[length..];
        return length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("The answer is read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            upstream.Dispose();
        }
        base.Dispose(disposing);
    }
}
