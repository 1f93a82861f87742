namespace CredentialProxy.Gateway.Redacting;

/// <summary>
/// Takes the key out of one answer as its bytes pass, whatever form it is echoed in and however it is split. What is redacted keeps its length and its syntax: JSON stays JSON, events stay
/// framed, and <c>Content-Length</c> holds. Of the bytes that have arrived at most a last few are held back, which may be the beginning of the key; the end of an event never is.
/// </summary>
/// <param name="forms">The key.</param>
/// <param name="isError">Whether the whole answer is an error, so that parts of the key are looked for from its first byte on.</param>
internal sealed class AnswerRedactor(KeyForms forms, bool isError)
{
    /// <summary>
    /// Most bytes held back. A key of 400 characters, each of them escaped four times over, is still found across two reads; bytes beyond it pass as they are.
    /// </summary>
    public const int MaxHeld = 8 * 1024;

    private MaskedKeys? _watch = isError ? new MaskedKeys(forms) : null;
    private byte[] _held = [];

    /// <summary>Puts what was held back in front of the bytes that come next, and tells how much it is.</summary>
    public int Restore(Span<byte> buffer)
    {
        var length = _held.Length;
        if (length > 0)
        {
            _held.CopyTo(buffer);
            _held = [];
        }
        return length;
    }

    /// <summary>Redacts in place, and tells how many of the bytes may leave; the rest is held back.</summary>
    /// <param name="bytes">What <see cref="Restore"/> gave back, and the bytes that came after it.</param>
    /// <param name="isLast">Whether nothing will follow: then all of them may leave.</param>
    public int Redact(Span<byte> bytes, bool isLast = false)
    {
        if (forms.IsEmpty || bytes.IsEmpty)
        {
            return bytes.Length;
        }
        if (isLast)
        {
            // What is left may be a key that was cut off.
            _watch ??= new MaskedKeys(forms);
        }
        var mustWalk = _watch is not null || forms.MayBeIn(bytes) || ErrorWords.MayBeIn(bytes);
        var done = mustWalk ? Walk(bytes, isLast) : bytes.Length - forms.UndecidedTail(bytes, MaxHeld);
        if (done < bytes.Length)
        {
            _held = bytes[done..].ToArray();
        }
        return done;
    }

    private int Walk(Span<byte> bytes, bool isLast)
    {
        var done = 0;
        while (done < bytes.Length)
        {
            var rest = bytes[done..];
            var step = Step(rest, isLast);
            if (step == 0 && rest.Length <= MaxHeld)
            {
                break;
            }
            done += step > 0 ? step : Step(rest, isLast: true);
        }
        return done;
    }

    private int Step(Span<byte> text, bool isLast)
    {
        if (_watch is not null)
        {
            return _watch.Step(text, isLast);
        }
        var character = EscapedText.Read(text, isLast, out var length);
        if (ErrorWords.Begin(text))
        {
            _watch = new MaskedKeys(forms);
            return _watch.Step(text, isLast);
        }
        if (character == EscapedText.Incomplete || ErrorWords.AreUndecided(text))
        {
            return 0;
        }
        var formLength = 0;
        var match = forms.CanStart(character) ? forms.Find(text, isLast, out formLength, out _) : FormMatch.None;
        if (match != FormMatch.Whole)
        {
            return match == FormMatch.None ? forms.LengthToNext(text, length, isLast) : 0;
        }
        MaskedKeys.Blank(text[..formLength]);
        return formLength;
    }
}
