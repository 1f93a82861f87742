using System.Buffers;
using System.IO.Pipelines;

namespace CredentialProxy.Gateway.Inspection;

/// <summary>
/// A request body that has arrived whole and stays in memory until it has been sent. A small one stays in the connection's own buffers,
/// unconsumed, and is never copied; a larger one would stop the connection from reading on, so it is moved into pooled blocks.
/// </summary>
internal sealed class SpooledBody : IDisposable
{
    /// <summary>Up to this size a body stays in the connection's buffers; below Kestrel's <c>MaxRequestBufferSize</c> (1 MiB), at which it stops reading.</summary>
    private const int PeekedBytes = 256 * 1024;

    private readonly PipeReader _reader;
    private readonly List<Block> _blocks = [];
    private bool _isHeldByPipe;

    private SpooledBody(PipeReader reader) => _reader = reader;

    /// <summary>The body.</summary>
    public ReadOnlySequence<byte> Content { get; private set; }

    /// <summary>Reads a body; null when it is larger than <paramref name="maxBytes"/>.</summary>
    public static async ValueTask<SpooledBody?> ReadAsync(PipeReader reader, long maxBytes, CancellationToken cancellationToken)
    {
        var body = new SpooledBody(reader);
        try
        {
            return await body.FillAsync(maxBytes, cancellationToken) ? body : Discard(body);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static SpooledBody? Discard(SpooledBody body)
    {
        body.Dispose();
        return null;
    }

    private async ValueTask<bool> FillAsync(long maxBytes, CancellationToken cancellationToken)
    {
        var spooled = 0L;
        while (true)
        {
            var read = await _reader.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            if (spooled + buffer.Length > maxBytes)
            {
                _reader.AdvanceTo(buffer.End);
                return false;
            }
            if (read.IsCompleted && spooled == 0)
            {
                // Not advanced until disposal: the pipe may not reuse the buffers.
                _isHeldByPipe = true;
                Content = buffer;
                return true;
            }
            if (!read.IsCompleted && spooled + buffer.Length <= PeekedBytes)
            {
                _reader.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }
            foreach (var segment in buffer)
            {
                Append(segment.Span);
            }
            spooled += buffer.Length;
            _reader.AdvanceTo(buffer.End);
            if (read.IsCompleted)
            {
                Content = _blocks.Count == 0
                    ? ReadOnlySequence<byte>.Empty
                    : new ReadOnlySequence<byte>(_blocks[0], 0, _blocks[^1], _blocks[^1].Memory.Length);
                return true;
            }
        }
    }

    public void Dispose()
    {
        if (_isHeldByPipe)
        {
            _isHeldByPipe = false;
            _reader.AdvanceTo(Content.End);
        }
        foreach (var block in _blocks)
        {
            block.Return();
        }
        _blocks.Clear();
        Content = default;
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
        private const int Size = 64 * 1024;
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

        public bool IsFull => _count == _array.Length;

        public int Fill(ReadOnlySpan<byte> bytes)
        {
            var count = Math.Min(bytes.Length, _array.Length - _count);
            bytes[..count].CopyTo(_array.AsSpan(_count));
            _count += count;
            Memory = _array.AsMemory(0, _count);
            return count;
        }

        public void Return() => ArrayPool<byte>.Shared.Return(_array);
    }
}
