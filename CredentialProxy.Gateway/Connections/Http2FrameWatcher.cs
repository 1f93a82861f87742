using System.Buffers.Binary;
using System.IO.Pipelines;

namespace CredentialProxy.Gateway.Connections;

/// <summary>
/// The writing side of an HTTP/2 connection, which sees the last frame of each stream go by: one with END_STREAM, or RST_STREAM (RFC 9113 §4.1, §5.1). It reads
/// the frames' heads and passes over what is in them. Its owner writes under one lock, so nothing here needs another.
/// </summary>
internal sealed class Http2FrameWatcher(PipeWriter inner, Http2Answers answers) : PipeWriter
{
    private const int HeadLength = 9;
    private const byte Data = 0, Headers = 1, Reset = 3, EndStream = 1;

    private readonly byte[] _head = new byte[HeadLength];
    private Memory<byte> _memory;
    private int _headBytes;
    private int _payloadBytes;

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _memory = inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        Observe(_memory.Span[..bytes]);
        _memory = _memory[bytes..];
        inner.Advance(bytes);
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        Observe(source.Span);
        return inner.WriteAsync(source, cancellationToken);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    private void Observe(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var passed = Math.Min(bytes.Length, _payloadBytes);
            _payloadBytes -= passed;
            bytes = bytes[passed..];
            var headPart = Math.Min(bytes.Length, HeadLength - _headBytes);
            bytes[..headPart].CopyTo(_head.AsSpan(_headBytes));
            bytes = bytes[headPart..];
            _headBytes += headPart;
            if (_headBytes == HeadLength)
            {
                OnHead();
            }
        }
    }

    private void OnHead()
    {
        _headBytes = 0;
        _payloadBytes = (_head[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(1));
        if (_head[3] is Reset || (_head[3] is Data or Headers && (_head[4] & EndStream) != 0))
        {
            answers.OnEnd(BinaryPrimitives.ReadInt32BigEndian(_head.AsSpan(5)) & int.MaxValue);
        }
    }
}
