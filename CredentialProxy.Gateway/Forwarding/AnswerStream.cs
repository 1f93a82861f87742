using System.Runtime.CompilerServices;
using CredentialProxy.Gateway.Metering;
using CredentialProxy.Gateway.Redacting;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// The upstream's answer as the forwarder reads it. Every read is shown to the meter before it is handed on, so that a request is settled before the
/// bytes that end its answer can reach the client; the key is taken out of it; and a stream of events that breaks off ends in an error event of the client's own dialect.
/// A read returns what arrived, save what may be the beginning of the key.
/// </summary>
internal sealed class AnswerStream(Stream upstream, AnswerMeter meter, AnswerRedactor redactor) : Stream
{
    /// <summary>Smallest buffer that it can be read into: there is room for what was held back and for more.</summary>
    public const int SmallestBuffer = 2 * AnswerRedactor.MaxHeld;

    /// <summary>Most bytes that one read returns: they all go to where they wait for the client, whatever may wait there by then, and a client may read nothing.</summary>
    private const int MostAtOnce = 32 * 1024;

    private ReadOnlyMemory<byte> _last;
    private bool _isBroken;
    private bool _isWithClient;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    // Nearly every read waits for the provider.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // The forwarder waits for bytes before it rents a buffer for them.
        var isWaiting = buffer.Length == 0;
        ArgumentOutOfRangeException.ThrowIfLessThan(isWaiting ? SmallestBuffer : buffer.Length, SmallestBuffer);
        buffer = buffer[..Math.Min(buffer.Length, MostAtOnce)];
        if (_isWithClient)
        {
            // The forwarder reads on when the client has taken what it read before.
            _isWithClient = false;
            meter.OnTurn();
        }
        while (!_isBroken)
        {
            int count;
            var held = isWaiting ? 0 : redactor.Restore(buffer.Span);
            try
            {
                count = await upstream.ReadAsync(buffer[held..], meter.Reading.CanBeCanceled ? meter.Reading : cancellationToken);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or HttpRequestException or OperationCanceledException && meter.TryEndWithErrorEvent(e, out _last))
            {
                // What was held back goes with it: it belongs to the event that was cut in two.
                _isBroken = true;
                break;
            }
            if (isWaiting)
            {
                return 0;
            }
            if (count == 0)
            {
                meter.OnEnd();
                return redactor.Redact(buffer.Span[..held], isLast: true);
            }
            if (meter.Objects is { } objects)
            {
                await objects.OnBytes(buffer.Span.Slice(held, count));
            }
            meter.OnBytes(buffer.Span.Slice(held, count));
            var free = redactor.Redact(buffer.Span[..(held + count)]);
            if (free > 0)
            {
                _isWithClient = true;
                meter.OnHandedOn(free);
                return free;
            }
            meter.OnTurn();
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
