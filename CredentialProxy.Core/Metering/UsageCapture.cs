using System.Buffers;

namespace CredentialProxy.Core.Metering;

/// <summary>Keeps the bytes of one usage object while it passes; holds no memory otherwise.</summary>
internal struct UsageCapture
{
    /// <summary>Providers write less than a kilobyte, a few more with one entry an iteration. A larger object is no usage of theirs, and is not read.</summary>
    private const int MaxLength = 16 * 1024;

    private const int FirstLength = 1024;

    private byte[]? _buffer;
    private int _length;
    private bool _skipsPiece;

    /// <summary>Whether an object is passing.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Depth of the object's members.</summary>
    public int Depth { get; private set; }

    /// <summary>Whether it stands one level down.</summary>
    public bool IsNested { get; private set; }

    /// <summary>The object's opening brace has been read: it ends the piece that is taken next, with whatever stands before it.</summary>
    public void Begin(int depth, bool isNested)
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(FirstLength);
        _buffer[0] = (byte)'{';
        _length = 1;
        _skipsPiece = true;
        (IsActive, Depth, IsNested) = (true, depth, isNested);
    }

    /// <summary>Takes the next bytes.</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (_skipsPiece)
        {
            _skipsPiece = false;
            return;
        }
        if (_length + bytes.Length > MaxLength)
        {
            _length = MaxLength + 1;
            return;
        }
        if (_length + bytes.Length > _buffer!.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(MaxLength);
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>The object is whole; false when it was too large.</summary>
    public readonly bool TryEnd(out ReadOnlySpan<byte> json)
    {
        json = _length <= MaxLength ? _buffer.AsSpan(0, _length) : default;
        return _length <= MaxLength;
    }

    /// <summary>Lets go of the object.</summary>
    public void Drop()
    {
        IsActive = false;
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }
    }
}
