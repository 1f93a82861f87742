namespace CredentialProxy.Core.Metering;

/// <summary>
/// Finds where server-sent events end: after the blank line. A line feed that follows a blank line's carriage return belongs to that line, whether it has arrived with it or not.
/// </summary>
internal struct EventEnd
{
    private bool _isLineStarted;
    private bool _afterCarriageReturn;

    /// <summary>The index after the blank line that ends the event; −1 when it is not among these bytes.</summary>
    public int Find(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            if (TakesLineFeed(bytes[at..]))
            {
                at++;
                continue;
            }
            var length = bytes[at..].IndexOfAny((byte)'\r', (byte)'\n');
            if (length < 0)
            {
                _isLineStarted = true;
                return -1;
            }
            var isBlank = length == 0 && !_isLineStarted;
            at += length;
            _isLineStarted = false;
            _afterCarriageReturn = bytes[at++] == '\r';
            if (isBlank)
            {
                return at;
            }
        }
        return -1;
    }

    /// <summary>Whether the first byte is the line feed of a line that ended in a carriage return before.</summary>
    public bool TakesLineFeed(ReadOnlySpan<byte> bytes)
    {
        var takes = _afterCarriageReturn && !bytes.IsEmpty && bytes[0] == '\n';
        _afterCarriageReturn &= bytes.IsEmpty;
        return takes;
    }
}
