using System.Buffers;
using System.IO.Pipelines;
using CredentialProxy.Core.Judging;
using CredentialProxy.Gateway.Admitting;

namespace CredentialProxy.Gateway.Inspection;

/// <summary>
/// A request body that has arrived whole and stays in memory until it has been sent. A small one stays in the connection's own buffers,
/// unconsumed, and is never copied; a larger one would stop the connection from reading on, so it is moved into pooled blocks. What it takes up is counted in the
/// request's admission from the first byte on.
/// </summary>
internal sealed class SpooledBody : IDisposable
{
    /// <summary>
    /// Up to this size a body stays in the connection's buffers; below Kestrel's <c>MaxRequestBufferSize</c>, at which it stops reading. The windows of HTTP/2 are no such
    /// bound: what has been looked at counts as read in them.
    /// </summary>
    private const int PeekedBytes = 256 * 1024;

    private readonly PipeReader _reader;
    private readonly Admission _admission;
    private readonly List<Block> _blocks = [];
    private bool _isHeldByPipe;
    private long _held;

    private SpooledBody(PipeReader reader, in Admission admission) => (_reader, _admission) = (reader, admission);

    /// <summary>The body.</summary>
    public ReadOnlySequence<byte> Content { get; private set; }

    /// <summary>Reads a body; refuses one that is larger than <paramref name="maxBytes"/> or for which there is no room.</summary>
    public static async ValueTask<(SpooledBody? Body, Refusal? Refusal)> ReadAsync(HttpRequest request, Admission admission, long maxBytes)
    {
        var body = new SpooledBody(request.BodyReader, admission);
        var isKept = false;
        try
        {
            var refusal = await body.FillAsync(maxBytes, request.HttpContext.RequestAborted);
            isKept = refusal is null;
            return (isKept ? body : null, refusal);
        }
        finally
        {
            if (!isKept)
            {
                body.Dispose();
            }
        }
    }

    private async ValueTask<Refusal?> FillAsync(long maxBytes, CancellationToken cancellationToken)
    {
        var spooled = 0L;
        while (true)
        {
            var read = await _reader.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            var total = spooled + buffer.Length;
            var staysInPipe = spooled == 0 && (read.IsCompleted || total <= PeekedBytes);
            if (Hold(total, maxBytes, staysInPipe) is { } refusal)
            {
                _reader.AdvanceTo(buffer.End);
                return refusal;
            }
            if (staysInPipe && !read.IsCompleted)
            {
                _reader.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }
            if (staysInPipe)
            {
                // Not advanced until disposal: the pipe may not reuse the buffers.
                _isHeldByPipe = true;
                Content = buffer;
                return null;
            }
            foreach (var segment in buffer)
            {
                Append(segment.Span);
            }
            spooled = total;
            _reader.AdvanceTo(buffer.End);
            if (read.IsCompleted)
            {
                Content = new ReadOnlySequence<byte>(_blocks[0], 0, _blocks[^1], _blocks[^1].Memory.Length);
                return null;
            }
        }
    }

    private Refusal? Hold(long total, long maxBytes, bool staysInPipe)
    {
        if (total > maxBytes)
        {
            return BodyReader.TooLarge(maxBytes);
        }
        // Blocks count whole, however little is in the last.
        var needed = staysInPipe ? total : (total + Block.Size - 1) / Block.Size * Block.Size;
        if (needed <= _held)
        {
            return null;
        }
        if (_admission.Hold(needed - _held) is { } refusal)
        {
            return refusal;
        }
        _held = needed;
        return null;
    }

    public void Dispose()
    {
        if (_held > 0)
        {
            _admission.GiveBack(_held);
            _held = 0;
        }
        foreach (var block in _blocks)
        {
            block.Return();
        }
        _blocks.Clear();
        if (_isHeldByPipe)
        {
            _isHeldByPipe = false;
            ReleasePipe();
        }
        Content = default;
    }

    private void ReleasePipe()
    {
        try
        {
            _reader.AdvanceTo(Content.End);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The client has gone, and the server has closed the pipe and has its buffers back.
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_blocks.Count == 0 || _blocks[^1].IsFull)
            {
                _blocks.Add(new Block(_blocks.Count == 0 ? null : _blocks[^1]));
            }
            bytes = bytes[_blocks[^1].Fill(bytes)..];
        }
    }

    private sealed class Block : ReadOnlySequenceSegment<byte>
    {
        public const int Size = 64 * 1024;
        private readonly byte[] _array = ArrayPool<byte>.Shared.Rent(Size);
        private int _count;

        public Block(Block? previous)
        {
            if (previous is not null)
            {
                previous.Next = this;
                RunningIndex = previous.RunningIndex + previous._count;
            }
        }

        public bool IsFull => _count == Size;

        public int Fill(ReadOnlySpan<byte> bytes)
        {
            var count = Math.Min(bytes.Length, Size - _count);
            bytes[..count].CopyTo(_array.AsSpan(_count));
            _count += count;
            Memory = _array.AsMemory(0, _count);
            return count;
        }

        public void Return() => ArrayPool<byte>.Shared.Return(_array);
    }
}
