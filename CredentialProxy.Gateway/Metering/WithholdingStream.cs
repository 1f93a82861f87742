using System.Buffers;
using System.Diagnostics;
using CredentialProxy.Core.Metering;

namespace CredentialProxy.Gateway.Metering;

/// <summary>
/// Leaves out of a stream of events the one that carries the usage which we asked for and the client did not. Every other event leaves as soon as it is
/// complete.
/// </summary>
internal sealed class WithholdingStream(Stream answer) : Stream
{
    private const int ReadSize = 16 * 1024;

    private readonly UsageChunkFilter _filter = new();
    private readonly ArrayBufferWriter<byte> _ready = new(1024);
    private int _taken;
    private bool _hasEnded;

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
        while (_taken == _ready.WrittenCount && !_hasEnded)
        {
            _ready.ResetWrittenCount();
            _taken = 0;
            // Waits for bytes first, so that an idle stream holds no buffer.
            var waited = await answer.ReadAsync(Memory<byte>.Empty, cancellationToken);
            Debug.Assert(waited == 0, "A read into nothing reads nothing.");
            var rented = ArrayPool<byte>.Shared.Rent(ReadSize);
            try
            {
                var count = await answer.ReadAsync(rented, cancellationToken);
                if (count == 0)
                {
                    _hasEnded = true;
                    _filter.Complete(_ready);
                }
                else
                {
                    _filter.Process(rented.AsSpan(0, count), _ready);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
        var length = Math.Min(buffer.Length, _ready.WrittenCount - _taken);
        _ready.WrittenMemory.Slice(_taken, length).CopyTo(buffer);
        _taken += length;
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
            answer.Dispose();
        }
        base.Dispose(disposing);
    }
}
