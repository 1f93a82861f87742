using System.Buffers;
using System.Text;

namespace CredentialProxy.Core.Objects;

/// <summary>
/// Finds the ids of made objects in JSON that arrives piece by piece, however it is cut. What lies off the paths is passed over without being looked at; memory is bounded by the paths'
/// depth. JSON that is broken finds nothing more.
/// </summary>
internal sealed class MadeObjectReader(MadePaths paths)
{
    private const int MaxDepth = 16;

    private static readonly SearchValues<byte> Brackets = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> Signs = SearchValues.Create("\"{}[],"u8);

    private readonly (MadePaths.Node? Node, bool IsArray)[] _open = new (MadePaths.Node?, bool)[MaxDepth];
    private readonly byte[] _text = new byte[StoredObject.MaxIdLength + 1];
    private int _textLength;
    private int _depth;
    private int _passedOver;
    private bool _isInText;
    private bool _isEscaped;
    private bool _keepsText;
    private bool _isName;
    private MadePaths.Node? _next = paths.Root;

    /// <summary>Begins anew.</summary>
    public void Reset()
    {
        (_depth, _passedOver, _textLength) = (0, 0, 0);
        (_isInText, _isEscaped, _keepsText, _isName) = (false, false, false, false);
        _next = paths.Root;
    }

    /// <summary>Reads on; adds what is found.</summary>
    public void Read(ReadOnlySpan<byte> json, List<(ObjectKind Kind, string Id)> found)
    {
        while (!json.IsEmpty)
        {
            if (_isInText)
            {
                ReadText(ref json, found);
                continue;
            }
            var at = json.IndexOfAny(_passedOver > 0 ? Brackets : Signs);
            if (at < 0)
            {
                return;
            }
            OnSign(json[at]);
            json = json[(at + 1)..];
        }
    }

    private void OnSign(byte sign)
    {
        switch (sign)
        {
            case (byte)'"':
                _isInText = true;
                _textLength = 0;
                _keepsText = _passedOver == 0 && (_isName || _next is { Kinds.Length: > 0 });
                break;
            case (byte)'{' or (byte)'[':
                Open(isArray: sign == (byte)'[');
                break;
            case (byte)'}' or (byte)']':
                Close();
                break;
            case (byte)',':
                OnNext();
                break;
        }
    }

    private void Open(bool isArray)
    {
        if (_passedOver > 0 || _next is null || _depth == MaxDepth)
        {
            _passedOver++;
            return;
        }
        _open[_depth++] = (_next, isArray);
        (_next, _isName) = isArray ? (_next!.Element, false) : (null, true);
    }

    private void Close()
    {
        if (_passedOver > 0)
        {
            _passedOver--;
            return;
        }
        _depth = Math.Max(0, _depth - 1);
        (_next, _isName) = (null, false);
    }

    private void OnNext()
    {
        if (_depth == 0)
        {
            return;
        }
        var (node, isArray) = _open[_depth - 1];
        (_next, _isName) = isArray ? (node!.Element, false) : (null, true);
    }

    private void ReadText(ref ReadOnlySpan<byte> json, List<(ObjectKind Kind, string Id)> found)
    {
        if (_isEscaped)
        {
            _isEscaped = false;
            json = json[1..];
            return;
        }
        var at = json.IndexOfAny((byte)'"', (byte)'\\');
        Keep(at < 0 ? json : json[..at]);
        if (at < 0)
        {
            json = default;
            return;
        }
        if (json[at] == (byte)'\\')
        {
            // No id and none of our names has an escape in it.
            (_isEscaped, _keepsText) = (true, false);
        }
        else
        {
            _isInText = false;
            EndText(found);
        }
        json = json[(at + 1)..];
    }

    private void Keep(ReadOnlySpan<byte> piece)
    {
        if (!_keepsText)
        {
            return;
        }
        if (_textLength + piece.Length >= _text.Length)
        {
            _keepsText = false;
            return;
        }
        piece.CopyTo(_text.AsSpan(_textLength));
        _textLength += piece.Length;
    }

    private void EndText(List<(ObjectKind Kind, string Id)> found)
    {
        var text = _text.AsSpan(0, _textLength);
        if (_isName)
        {
            _isName = false;
            _next = _keepsText && _depth > 0 ? _open[_depth - 1].Node!.Find(text) : null;
            return;
        }
        if (_keepsText && _next is { } node && _textLength > 0 && ObjectName.InAnswer(Encoding.UTF8.GetString(text)) is { Length: > 0 } id)
        {
            foreach (var kind in node.Kinds)
            {
                found.Add((kind, id));
            }
        }
    }
}
