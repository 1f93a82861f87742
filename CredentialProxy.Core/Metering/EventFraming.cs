namespace CredentialProxy.Core.Metering;

/// <summary>Hears the data of server-sent events.</summary>
internal interface IEventListener
{
    /// <summary>Part of an event's data.</summary>
    void OnData(ReadOnlySpan<byte> data);

    /// <summary>The event is whole.</summary>
    void OnEventEnd();
}

/// <summary>
/// Takes server-sent events apart as they arrive, in pieces of any size (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream): lines end in CR,
/// LF or both, data lines of one event belong together, comments and other fields are passed over. Nothing is kept.
/// </summary>
internal sealed class EventFraming(IEventListener listener)
{
    private static ReadOnlySpan<byte> DataField => "data:"u8;

    private int _matched;
    private bool _isOtherLine;
    private bool _isData;
    private bool _mayBeSpace;
    private bool _isLineEmpty = true;
    private bool _skipsLineFeed;

    /// <summary>Takes the next bytes.</summary>
    public void Observe(ReadOnlySpan<byte> bytes)
    {
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
            _isData = !_isOtherLine && ++_matched == DataField.Length;
            _mayBeSpace = _isData;
            part = part[1..];
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

    private void OnLineEnd(bool isCarriageReturn)
    {
        _skipsLineFeed = isCarriageReturn;
        if (_isLineEmpty)
        {
            listener.OnEventEnd();
        }
        _matched = 0;
        _isData = _isOtherLine = _mayBeSpace = false;
        _isLineEmpty = true;
    }
}
