namespace CredentialProxy.Gateway.Redacting;

/// <summary>
/// Looks in what may be an error for the key and for what providers show of it: its beginning and end around a mask (<c>sk-proj-***…***wxyz</c>), its end behind a mask
/// (<c>****wxyz</c>) or behind words (<c>the key ending in wxyz</c>), and its beginning cut off. What it finds it makes unreadable in place.
/// </summary>
internal sealed class MaskedKeys(KeyForms forms)
{
    /// <summary>So much of the key's beginning tells something even without a mask; all of the longest public prefix, <c>sk-ant-api03-</c>, is 13 characters.</summary>
    private const int TellingBeginning = 16;

    /// <summary>So much of it is taken for the key's in front of a mask: one provider shows two characters of each end.</summary>
    private const int MaskedBeginning = 2;

    private const int EndAfterMask = 3;

    private const int EndAfterWords = 4;

    /// <summary>The end of a key is so close to the words that announce it: "the last four characters of your API key are".</summary>
    private const int WordsUpToEnd = 9;

    private int _mask;
    private bool _hasBeginning;
    private bool _isInWord;
    private int _announced;

    /// <summary>Looks at what the text begins with, and tells how many bytes are done with; 0 where more bytes must tell.</summary>
    public int Step(Span<byte> text, bool isLast)
    {
        var character = EscapedText.Read(text, isLast, out var length);
        if (character == EscapedText.Incomplete)
        {
            return 0;
        }
        if (forms.CanStart(character) && TryKey(text, isLast) is { } key)
        {
            return key;
        }
        var weight = MaskSigns.WeightOf(character);
        if (weight > 0)
        {
            (_mask, _isInWord) = (Math.Min(_mask + weight, MaskSigns.Enough), false);
            return length;
        }
        if (!KeyWords.IsCharacter(character))
        {
            Forget(isInWord: false);
            return forms.LengthToNext(text, length, isLast);
        }
        length = forms.LengthToNext(text, length, isLast);
        return _isInWord ? length : StepIntoWord(text, isLast, length);
    }

    /// <summary>Makes text that is the key's unreadable.</summary>
    public static void Blank(Span<byte> text)
    {
        while (!text.IsEmpty)
        {
            EscapedText.Read(text, isLast: true, out var length);
            EscapedText.Blank(text[..length]);
            text = text[length..];
        }
    }

    private int? TryKey(Span<byte> text, bool isLast)
    {
        var match = forms.Find(text, isLast, out var length, out var characters);
        if (match == FormMatch.Beginning)
        {
            return 0;
        }
        if (match == FormMatch.None && characters < TellingBeginning)
        {
            if (_isInWord || characters < MaskedBeginning)
            {
                return null;
            }
            var isMasked = MaskSigns.Begin(text[length..], isLast);
            if (isMasked != true)
            {
                return isMasked is null ? 0 : null;
            }
        }
        Blank(text[..length]);
        Forget(isInWord: true);
        _hasBeginning = match == FormMatch.None;
        return length;
    }

    private int StepIntoWord(Span<byte> text, bool isLast, int firstLength)
    {
        var isMasked = _mask >= MaskSigns.Enough;
        if (isMasked || _announced > 0)
        {
            var shortest = !isMasked ? EndAfterWords : _hasBeginning ? 1 : EndAfterMask;
            var isEnd = IsEndOfKey(text, isLast, shortest, out var length);
            if (isEnd is null)
            {
                return 0;
            }
            if (isEnd == true)
            {
                Blank(text[..length]);
                Forget(isInWord: true);
                return length;
            }
        }
        var isAnnouncement = KeyWords.BeginAnnouncement(text, isLast);
        if (isAnnouncement is null)
        {
            return 0;
        }
        _announced = isAnnouncement == true ? WordsUpToEnd : Math.Max(0, _announced - 1);
        Forget(isInWord: true);
        return firstLength;
    }

    // Whether the word is the end of the key; null where more bytes must tell.
    private bool? IsEndOfKey(ReadOnlySpan<byte> text, bool isLast, int shortest, out int length)
    {
        var key = forms.Key;
        var characters = 0;
        for (length = 0; length < text.Length; characters++)
        {
            var character = EscapedText.Read(text[length..], isLast, out var written);
            if (character == EscapedText.Incomplete)
            {
                return null;
            }
            if (!KeyWords.IsCharacter(character))
            {
                break;
            }
            if (characters == key.Length)
            {
                return false;
            }
            length += written;
        }
        if (length == text.Length && !isLast)
        {
            return null;
        }
        var rest = text[..length];
        foreach (var expected in key[^characters..])
        {
            if (EscapedText.Read(rest, isLast: true, out var written) != expected)
            {
                return false;
            }
            rest = rest[written..];
        }
        return characters >= shortest;
    }

    private void Forget(bool isInWord) => (_mask, _hasBeginning, _isInWord) = (0, false, isInWord);
}
