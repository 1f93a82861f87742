using System.Buffers;

namespace CredentialProxy.Core.Metering;

/// <summary>
/// Goes through JSON as it arrives, in pieces of any size, and lifts out the few small values that a meter needs: usage objects, the type of an event,
/// the text of an answer. It looks at structure alone and skips strings by vector instructions, so neither the answer's size nor a string's costs memory. It never fails:
/// what is not JSON yields nothing.
/// </summary>
internal sealed class JsonUsageScanner(IUsageListener listener, uint textNames)
{
    /// <summary>Deeper structure is skipped over: usage and text lie at most six levels down.</summary>
    private const int TrackedDepth = 12;
    private const int MaxKeyLength = 32;
    private const int MaxUsageLength = 16 * 1024;

    private static readonly SearchValues<byte> StructureBytes = SearchValues.Create("\"{}[],"u8);

    private readonly MemberName[] _names = new MemberName[TrackedDepth + 1];
    private readonly byte[] _key = new byte[MaxKeyLength];
    private readonly byte[] _usage = new byte[1024];
    private byte[]? _largeUsage;
    private int _usageLength;
    private int _usageDepth;
    private ulong _isObject;
    private int _depth;
    private int _keyLength;
    private State _state;
    private bool _expectsName;
    private bool _isCapturing;
    private bool _isNested;
    private bool _isText;
    private bool _isType;

    private enum State : byte
    {
        Structure,
        Name,
        NameEscape,
        String,
        StringEscape,
    }

    /// <summary>Whether a root value has begun and ended.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Begins a new value.</summary>
    public void Reset()
    {
        _depth = 0;
        _state = State.Structure;
        _expectsName = false;
        _isCapturing = false;
        _isText = false;
        _isType = false;
        IsClosed = false;
    }

    /// <summary>Takes the next bytes.</summary>
    public void Observe(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var taken = _state switch
            {
                State.Structure => ScanStructure(bytes),
                State.Name => ScanName(bytes),
                State.String => ScanString(bytes),
                _ => ScanEscape(bytes),
            };
            if (_isCapturing)
            {
                Capture(bytes[..taken]);
                if (_depth < _usageDepth)
                {
                    EndCapture();
                }
            }
            bytes = bytes[taken..];
        }
    }

    private int ScanStructure(ReadOnlySpan<byte> bytes)
    {
        var at = bytes.IndexOfAny(StructureBytes);
        if (at < 0)
        {
            return bytes.Length;
        }
        switch (bytes[at])
        {
            case (byte)'"':
                BeginString();
                break;
            case (byte)'{':
                Open(isObject: true);
                break;
            case (byte)'[':
                Open(isObject: false);
                break;
            case (byte)',':
                _expectsName = _depth is > 0 and < 64 && (_isObject & (1UL << _depth)) != 0;
                break;
            default:
                Close();
                break;
        }
        return at + 1;
    }

    private void BeginString()
    {
        if (_expectsName)
        {
            _state = State.Name;
            _keyLength = 0;
            return;
        }
        _state = State.String;
        if (_isCapturing || _depth > TrackedDepth)
        {
            return;
        }
        var name = _names[_depth];
        _isType = name == MemberName.Type && _depth <= 2;
        _isText = (textNames & (1u << (int)name)) != 0;
    }

    private void Open(bool isObject)
    {
        _depth++;
        if (_depth < 64)
        {
            _isObject = isObject ? _isObject | (1UL << _depth) : _isObject & ~(1UL << _depth);
        }
        _expectsName = isObject && _depth < 64;
        if (isObject && !_isCapturing && IsUsageHere())
        {
            _isCapturing = true;
            _usageDepth = _depth;
            _usageLength = 0;
            Append("{"u8);
            _skipsFirst = true;
        }
        if (_depth <= TrackedDepth)
        {
            _names[_depth] = MemberName.Other;
        }
    }

    // The opening brace is among the bytes of the piece that is captured next, with whatever stands before it.
    private bool _skipsFirst;

    // At the root, in an element of a root array, or one level down in "response" or "message".
    private bool IsUsageHere()
    {
        var parent = _depth - 1;
        if (parent is < 1 or > 3 || parent > TrackedDepth || _names[parent] != MemberName.Usage)
        {
            return false;
        }
        var isRootArray = (_isObject & 2) == 0;
        var level = isRootArray ? parent - 1 : parent;
        _isNested = level == 2;
        return level == 1 || (_isNested && !isRootArray && (_names[1] is MemberName.Response or MemberName.Message));
    }

    private void Close()
    {
        if (_depth == 0)
        {
            return;
        }
        _depth--;
        _expectsName = false;
        IsClosed = _depth == 0;
        if (_depth == 1 && (_isObject & 2) == 0)
        {
            listener.OnElement();
        }
    }

    private int ScanName(ReadOnlySpan<byte> bytes)
    {
        var at = bytes.IndexOfAny((byte)'"', (byte)'\\');
        var part = at < 0 ? bytes : bytes[..at];
        if (_keyLength + part.Length <= MaxKeyLength)
        {
            part.CopyTo(_key.AsSpan(_keyLength));
        }
        _keyLength = Math.Min(_keyLength + part.Length, MaxKeyLength + 1);
        if (at < 0)
        {
            return bytes.Length;
        }
        if (bytes[at] == '\\')
        {
            // None of our names needs an escape, and no provider writes one in them.
            _keyLength = MaxKeyLength + 1;
            _state = State.NameEscape;
            return at + 1;
        }
        _state = State.Structure;
        _expectsName = false;
        if (_depth <= TrackedDepth)
        {
            _names[_depth] = _keyLength <= MaxKeyLength ? MemberNames.Parse(_key.AsSpan(0, _keyLength)) : MemberName.Other;
        }
        return at + 1;
    }

    private int ScanString(ReadOnlySpan<byte> bytes)
    {
        var at = bytes.IndexOfAny((byte)'"', (byte)'\\');
        var part = at < 0 ? bytes : bytes[..at];
        if (_isText)
        {
            listener.OnText(part);
        }
        else if (_isType)
        {
            listener.OnType(part);
        }
        if (at < 0)
        {
            return bytes.Length;
        }
        if (bytes[at] == '\\')
        {
            _state = State.StringEscape;
        }
        else
        {
            _state = State.Structure;
            if (_isType)
            {
                listener.OnTypeEnd();
            }
            _isText = _isType = false;
        }
        return at + 1;
    }

    // One escaped character is one in the text too, for the sake of counting; the digits of a \u follow as if they were text.
    private int ScanEscape(ReadOnlySpan<byte> bytes)
    {
        if (_isText)
        {
            listener.OnText(bytes[0] is (byte)'n' or (byte)'r' or (byte)'t' ? "\n"u8 : bytes[..1]);
        }
        _state = _state == State.NameEscape ? State.Name : State.String;
        return 1;
    }

    private void Capture(ReadOnlySpan<byte> bytes)
    {
        if (_skipsFirst)
        {
            _skipsFirst = false;
            return;
        }
        Append(bytes);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_usageLength + bytes.Length > MaxUsageLength)
        {
            _usageLength = MaxUsageLength + 1;
            return;
        }
        if (_usageLength + bytes.Length > Buffer.Length)
        {
            var larger = new byte[MaxUsageLength];
            Buffer.AsSpan(0, _usageLength).CopyTo(larger);
            _largeUsage = larger;
        }
        bytes.CopyTo(Buffer.AsSpan(_usageLength));
        _usageLength += bytes.Length;
    }

    private byte[] Buffer => _largeUsage ?? _usage;

    private void EndCapture()
    {
        _isCapturing = false;
        if (_usageLength <= MaxUsageLength)
        {
            listener.OnUsage(Buffer.AsSpan(0, _usageLength), _isNested);
        }
    }
}
