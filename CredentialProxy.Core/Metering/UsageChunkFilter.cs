using System.Buffers;

namespace CredentialProxy.Core.Metering;

/// <summary>
/// Leaves the usage chunk out of a stream of chat completion events: the one event whose <c>choices</c> are empty and whose <c>usage</c> is an object
/// (https://platform.openai.com/docs/api-reference/chat/create#chat_create-stream_options). Every other event leaves as soon as it is whole; one too large to be that chunk
/// leaves as it comes.
/// </summary>
public sealed class UsageChunkFilter
{
    /// <summary>No usage chunk is larger, in bytes.</summary>
    private const int MaxChunkLength = 64 * 1024;

    private const int FirstLength = 1024;

    private EventEnd _end;
    private byte[]? _held;
    private int _heldLength;
    private bool _passesRest;
    private bool _isWithheld;

    /// <summary>Takes the next bytes and writes what may leave.</summary>
    public void Process(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (_heldLength == 0 && !_passesRest && _end.TakesLineFeed(bytes))
        {
            // The rest of the blank line of an event that is through already.
            bytes = TakeLineFeed(bytes, output);
        }
        while (!bytes.IsEmpty)
        {
            var end = _end.Find(bytes);
            var part = end < 0 ? bytes : bytes[..end];
            bytes = bytes[part.Length..];
            if (end < 0)
            {
                Hold(part, output);
            }
            else
            {
                Release(part, output);
                if (_end.TakesLineFeed(bytes))
                {
                    bytes = TakeLineFeed(bytes, output);
                }
            }
        }
    }

    /// <summary>Writes what is left when the stream has ended.</summary>
    public void Complete(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        Release([], output);
    }

    private ReadOnlySpan<byte> TakeLineFeed(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        if (!_isWithheld)
        {
            output.Write(bytes[..1]);
        }
        return bytes[1..];
    }

    // The event has come to its end with this part of it.
    private void Release(ReadOnlySpan<byte> part, IBufferWriter<byte> output)
    {
        if (_passesRest)
        {
            output.Write(part);
            _passesRest = _isWithheld = false;
            return;
        }
        if (_heldLength == 0)
        {
            // The common case: an event that arrived in one piece is never copied.
            _isWithheld = UsageChunk.IsOne(part);
        }
        else if (_heldLength + part.Length > MaxChunkLength)
        {
            Flush(output);
            _isWithheld = false;
        }
        else
        {
            Append(part);
            part = default;
            _isWithheld = UsageChunk.IsOne(_held.AsSpan(0, _heldLength));
        }
        if (!_isWithheld)
        {
            Flush(output);
            output.Write(part);
        }
        Drop();
    }

    // The event goes on after this part of it.
    private void Hold(ReadOnlySpan<byte> part, IBufferWriter<byte> output)
    {
        if (!_passesRest && _heldLength + part.Length <= MaxChunkLength)
        {
            Append(part);
            return;
        }
        Flush(output);
        Drop();
        output.Write(part);
        _passesRest = true;
    }

    private void Append(ReadOnlySpan<byte> part)
    {
        if (_held is null || _heldLength + part.Length > _held.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Clamp(2 * (_heldLength + part.Length), FirstLength, MaxChunkLength));
            _held.AsSpan(0, _heldLength).CopyTo(larger);
            if (_held is not null)
            {
                ArrayPool<byte>.Shared.Return(_held);
            }
            _held = larger;
        }
        part.CopyTo(_held.AsSpan(_heldLength));
        _heldLength += part.Length;
    }

    private void Flush(IBufferWriter<byte> output)
    {
        output.Write(_held.AsSpan(0, _heldLength));
        _heldLength = 0;
    }

    private void Drop()
    {
        _heldLength = 0;
        if (_held is not null)
        {
            ArrayPool<byte>.Shared.Return(_held);
            _held = null;
        }
    }
}
