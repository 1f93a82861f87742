using System.Runtime.CompilerServices;

namespace CredentialProxy.Core.Metering;

/// <summary>
/// Goes through JSON as it arrives, in pieces of any size, and lifts out the few small values that a meter needs: usage objects, the type of an event,
/// the text of an answer. It looks at structure alone and skips strings by vector instructions, so neither the answer's size nor a string's costs memory. It never fails:
/// what is not JSON yields nothing.
/// </summary>
internal sealed class JsonUsageScanner(IUsageListener listener, uint textNames)
{
    /// <summary>Deeper structure is skipped over: usage and text lie at most eight levels down.</summary>
    private const int TrackedDepth = 12;

    /// <summary>Longer values than a model's name are none of ours.</summary>
    private const int MaxWordLength = 96;

    private Names _names;
    private NameBytes _word;
    private int _wordLength;
    private UsageCapture _capture;
    private Unescape _unescape;
    private uint _isObject;
    private int _depth;
    private State _state;
    private bool _expectsName;
    private bool _isText;
    private bool _isThinking;
    private AnswerWord _wordKind;

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
        _expectsName = _isText = false;
        _wordKind = AnswerWord.None;
        _capture.Drop();
        _unescape = default;
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
            if (_capture.IsActive)
            {
                _capture.Take(bytes[..taken]);
                if (_depth < _capture.Depth)
                {
                    EndCapture();
                }
            }
            bytes = bytes[taken..];
        }
    }

    private int ScanStructure(ReadOnlySpan<byte> bytes)
    {
        var at = JsonStructure.IndexOf(bytes);
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
                _expectsName = _depth is > 0 and <= TrackedDepth && (_isObject & (1u << _depth)) != 0;
                break;
            default:
                Close();
                break;
        }
        return at + 1;
    }

    private void BeginString()
    {
        _wordLength = 0;
        if (_expectsName)
        {
            _state = State.Name;
            return;
        }
        _state = State.String;
        if (_capture.IsActive || _depth is 0 or > TrackedDepth)
        {
            return;
        }
        var name = _names[_depth];
        _isText = (textNames & (1u << (int)name)) != 0;
        _isThinking = name is MemberName.Thinking or MemberName.Reasoning;
        _wordKind = name == MemberName.Other ? AnswerWord.None : WordOf(name);
        NoteError(name);
        if (_names[_depth - 1] == MemberName.WebSearchQueries)
        {
            listener.OnSearchQuery();
        }
    }

    // What a string at this place says, where it says anything to a meter: in the root, or in what stands for it in an event, or in an item of the output.
    private AnswerWord WordOf(MemberName name) => name switch
    {
        MemberName.Type when _depth == 1 => AnswerWord.EventType,
        MemberName.Type when _depth == 2 && _names[1] == MemberName.Item => AnswerWord.ItemType,
        MemberName.Type when (_depth == 3 && _names[1] == MemberName.Output) || (_depth == 4 && _names[1] == MemberName.Response && _names[2] == MemberName.Output) => AnswerWord.OutputType,
        MemberName.ServiceTier when IsAtRoot => AnswerWord.ServiceTier,
        MemberName.Model when IsAtRoot => AnswerWord.Model,
        _ => AnswerWord.None,
    };

    private bool IsAtRoot => _depth == 1 || (_depth == 2 && _names[1] is MemberName.Response or MemberName.Message);

    private void Open(bool isObject)
    {
        var parent = _depth;
        if (parent is > 0 and <= TrackedDepth && !_capture.IsActive)
        {
            NoteError(_names[parent]);
            if (isObject && _names[parent] == MemberName.Usage && IsWhereUsageIs(parent, out var isNested))
            {
                _capture.Begin(parent + 1, isNested);
            }
        }
        // No answer can be deep enough to make the count wrap around.
        _depth += parent == int.MaxValue ? 0 : 1;
        _expectsName = isObject && _depth <= TrackedDepth;
        if (_depth <= TrackedDepth)
        {
            _isObject = isObject ? _isObject | (1u << _depth) : _isObject & ~(1u << _depth);
            _names[_depth] = MemberName.Other;
        }
    }

    private bool IsRootArray => (_isObject & 2) == 0;

    // At the root, in an element of a root array, or one level down in "response" or "message".
    private bool IsWhereUsageIs(int depth, out bool isNested)
    {
        isNested = depth == 2 && _names[1] is MemberName.Response or MemberName.Message;
        return isNested || depth == (IsRootArray ? 2 : 1);
    }

    private void NoteError(MemberName name)
    {
        if (name == MemberName.Error && _depth == (IsRootArray ? 2 : 1))
        {
            listener.OnError();
        }
    }

    private void Close()
    {
        if (_depth > 0)
        {
            _depth--;
            _expectsName = false;
            IsClosed |= _depth == 0;
        }
    }

    private int ScanName(ReadOnlySpan<byte> bytes)
    {
        var at = bytes.IndexOfAny((byte)'"', (byte)'\\');
        AppendWord(at < 0 ? bytes : bytes[..at]);
        if (at < 0)
        {
            return bytes.Length;
        }
        if (bytes[at] == '\\')
        {
            _wordLength = MaxWordLength + 1;
            _state = State.NameEscape;
            return at + 1;
        }
        _state = State.Structure;
        _expectsName = false;
        _names[_depth] = MemberNames.Parse(Word);
        if (_names[_depth] == MemberName.Thought)
        {
            listener.OnThought();
        }
        return at + 1;
    }

    private int ScanString(ReadOnlySpan<byte> bytes)
    {
        var at = bytes.IndexOfAny((byte)'"', (byte)'\\');
        var part = at < 0 ? bytes : bytes[..at];
        if (_isText && !part.IsEmpty)
        {
            listener.OnText(part, _isThinking);
        }
        else if (_wordKind != AnswerWord.None)
        {
            AppendWord(part);
        }
        if (at < 0)
        {
            return bytes.Length;
        }
        if (bytes[at] == '\\')
        {
            _wordLength = MaxWordLength + 1;
            _state = State.StringEscape;
            return at + 1;
        }
        _state = State.Structure;
        if (_wordKind != AnswerWord.None)
        {
            listener.OnWord(_wordKind, Word);
            _wordKind = AnswerWord.None;
        }
        _isText = false;
        return at + 1;
    }

    private int ScanEscape(ReadOnlySpan<byte> bytes)
    {
        if (_isText)
        {
            if (_unescape.TakesMore(bytes[0]))
            {
                return 1;
            }
            listener.OnText(_unescape.Text, _isThinking);
        }
        _state = _state == State.NameEscape ? State.Name : State.String;
        return 1;
    }

    // Empty where it is longer than any word of ours, or has an escape in it.
    private ReadOnlySpan<byte> Word => _wordLength <= MaxWordLength ? _word[.._wordLength] : default;

    private void AppendWord(ReadOnlySpan<byte> part)
    {
        if (_wordLength + part.Length <= MaxWordLength)
        {
            part.CopyTo(_word[_wordLength..]);
        }
        _wordLength = Math.Min(_wordLength + part.Length, MaxWordLength + 1);
    }

    private void EndCapture()
    {
        if (_capture.TryEnd(out var json))
        {
            listener.OnUsage(json, _capture.IsNested);
        }
        _capture.Drop();
    }

    [InlineArray(TrackedDepth + 1)]
    private struct Names
    {
        private MemberName _first;
    }

    [InlineArray(MaxWordLength)]
    private struct NameBytes
    {
        private byte _first;
    }
}
