namespace CredentialProxy.Core.Objects;

/// <summary>Finds the ids of made objects in an answer as it passes: one JSON document, or a stream of events each of which carries one.</summary>
public sealed class MadeObjectScanner
{
    /// <summary>More ids of one answer than this are not remembered.</summary>
    private const int MaxFound = 1024;

    private readonly MadeObjectReader _reader;
    private readonly bool _isEventStream;
    private readonly HashSet<(string Kind, string Id)> _known = [];
    private readonly List<(ObjectKind Kind, string Id)> _found = [];
    private int _matched;
    private bool _isLineEmpty = true;
    private bool _isAfterReturn;

    /// <summary>Makes one for an answer.</summary>
    public MadeObjectScanner(MadePaths paths, bool isEventStream) => (_reader, _isEventStream) = (new MadeObjectReader(paths), isEventStream);

    /// <summary>Reads on; answers what this piece named for the first time, empty for nothing. The list is good until the next call.</summary>
    public IReadOnlyList<(ObjectKind Kind, string Id)> Read(ReadOnlySpan<byte> bytes)
    {
        _found.Clear();
        if (_isEventStream)
        {
            ReadLines(bytes);
        }
        else
        {
            _reader.Read(bytes, _found);
        }
        _found.RemoveAll(entry => _known.Count >= MaxFound || !_known.Add((entry.Kind.Name, entry.Id)));
        return _found;
    }

    // https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream: lines end in LF, CR or both, and an empty one ends an event.
    private void ReadLines(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_isAfterReturn && bytes[0] == (byte)'\n')
            {
                bytes = bytes[1..];
            }
            _isAfterReturn = false;
            var end = bytes.IndexOfAny((byte)'\n', (byte)'\r');
            ReadLine(end < 0 ? bytes : bytes[..end]);
            if (end < 0)
            {
                return;
            }
            if (_isLineEmpty)
            {
                _reader.Reset();
            }
            (_matched, _isLineEmpty, _isAfterReturn) = (0, true, bytes[end] == (byte)'\r');
            bytes = bytes[(end + 1)..];
        }
    }

    private void ReadLine(ReadOnlySpan<byte> piece)
    {
        var name = "data:"u8;
        _isLineEmpty &= piece.IsEmpty;
        while (!piece.IsEmpty && _matched >= 0 && _matched < name.Length)
        {
            _matched = piece[0] == name[_matched] ? _matched + 1 : -1;
            piece = piece[1..];
        }
        if (_matched == name.Length)
        {
            _reader.Read(piece, _found);
        }
    }
}
