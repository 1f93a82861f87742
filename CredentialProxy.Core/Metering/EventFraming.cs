namespace CredentialProxy.Core.Metering;

/// <summary>
/// Takes server-sent events apart as they arrive, in pieces of any size (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream): lines end in CR,
/// LF or both, data lines of one event are joined by a line feed, comments and other fields are passed over. Nothing is kept.
/// </summary>
internal sealed class EventFraming(IEventListener listener)
{
    private int _matched;
    private bool _isOtherLine;
    private bool _isData;
    private bool _mayBeSpace;
    private bool _isLineEmpty = true;
    private bool _skipsLineFeed;
    private bool _hasData;
    private int _markLeft = Mark.Length;

    private static ReadOnlySpan<byte> DataField => "data:"u8;

    // A stream may begin with one byte order mark.
    private static ReadOnlySpan<byte> Mark => "\uFEFF"u8;

    /// <summary>Takes the next bytes.</summary>
    public void Observe(ReadOnlySpan<byte> bytes)
    {
        while (_markLeft > 0 && !bytes.IsEmpty)
        {
            var isMark = bytes[0] == Mark[^_markLeft];
            _markLeft = isMark ? _markLeft - 1 : 0;
            bytes = isMark ? bytes[1..] : bytes;
        }
        while (!bytes.IsEmpty)
        {
            if (_skipsLineFeed)
            {
                _skipsLineFeed = false;
                if (bytes[0] == '\n')
                {
                    bytes = bytes[1..];
                    continue;
                }
            }
            var end = bytes.IndexOfAny((byte)'\r', (byte)'\n');
            OnLinePart(end < 0 ? bytes : bytes[..end]);
            if (end < 0)
            {
                return;
            }
            OnLineEnd(bytes[end] == '\r');
            bytes = bytes[(end + 1)..];
        }
    }

    private void OnLinePart(ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty)
        {
            return;
        }
        _isLineEmpty = false;
        while (!_isData && !_isOtherLine && !part.IsEmpty)
        {
            _isOtherLine = part[0] != DataField[_matched];
            part = part[1..];
            if (!_isOtherLine && ++_matched == DataField.Length)
            {
                OnDataLine();
            }
        }
        if (!_isData || part.IsEmpty)
        {
            return;
        }
        if (_mayBeSpace && part[0] == ' ')
        {
            part = part[1..];
        }
        _mayBeSpace = false;
        if (!part.IsEmpty)
        {
            listener.OnData(part);
        }
    }

    private void OnDataLine()
    {
        _isData = _mayBeSpace = true;
        if (_hasData)
        {
            listener.OnData("\n"u8);
        }
        _hasData = true;
    }

    private void OnLineEnd(bool isCarriageReturn)
    {
        _skipsLineFeed = isCarriageReturn;
        if (_isLineEmpty)
        {
            _hasData = false;
            listener.OnEventEnd();
        }
        _matched = 0;
        _isData = _isOtherLine = _mayBeSpace = false;
        _isLineEmpty = true;
    }
}
