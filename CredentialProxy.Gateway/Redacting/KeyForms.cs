using System.Buffers;
using System.Runtime.CompilerServices;
using CredentialProxy.Core.Vault;

namespace CredentialProxy.Gateway.Redacting;

/// <summary>
/// A key in the forms in which an answer may give it away: as it is and in base64, alone or within something longer, each character escaped or not (see <see cref="EscapedText"/>).
/// Prepared once, so that an answer without it costs a few vectorised searches.
/// </summary>
internal sealed class KeyForms
{
    /// <summary>Keys of fewer characters are not looked for: they would be found where they are not.</summary>
    public const int ShortestKey = 8;

    // Credentials are prepared anew whenever anything in the directory changes, a new token included; their secrets stay the same objects.
    private static readonly ConditionalWeakTable<Secret, KeyForms> Known = [];

    private readonly byte[][] _forms;
    private readonly byte[][] _written;
    private readonly byte[][] _escapedSigns;
    private readonly bool[] _starts = new bool[256];
    private readonly SearchValues<byte> _characters;
    private readonly SearchValues<byte> _bytes;

    public KeyForms(string key)
    {
        _written = key.Length < ShortestKey ? [] : KeyWritings.Of(key);
        // A key may hold what reads as an escape: where its own characters are escaped, they come out as they are.
        _forms = [.. _written.Select(KeyWritings.Read), .. _written.Where(form => !KeyWritings.Read(form).AsSpan().SequenceEqual(form))];
        ShortestForm = key.Length;
        foreach (var form in _forms)
        {
            _starts[form[0]] = true;
        }
        var characters = _forms.SelectMany(form => form).Distinct().ToArray();
        _characters = SearchValues.Create(characters);
        _bytes = SearchValues.Create([.. characters, .. _written.SelectMany(form => form), .. ErrorWords.Bytes, .. "\\%u0123456789abcdefABCDEF\""u8]);
        _escapedSigns = [.. "/\"\\"u8.ToArray().Where(sign => _written.Any(form => form.Contains(sign))).Select(sign => new[] { (byte)'\\', sign })];
    }

    /// <summary>The forms of a secret, made when they are first asked for.</summary>
    public static KeyForms Of(Secret secret) => Known.GetValue(secret, static secret => new KeyForms(secret.Reveal()));

    /// <summary>Whether nothing is looked for.</summary>
    public bool IsEmpty => _forms.Length == 0;

    /// <summary>No form is written in fewer bytes.</summary>
    public int ShortestForm { get; }

    /// <summary>The key's characters.</summary>
    public ReadOnlySpan<byte> Key => _forms[0];

    /// <summary>Whether a form may be in the text as a whole; false is certain.</summary>
    public bool MayBeIn(ReadOnlySpan<byte> text)
    {
        foreach (var form in _written)
        {
            if (text.IndexOf(form) >= 0)
            {
                return true;
            }
        }
        foreach (var sign in _escapedSigns)
        {
            if (text.IndexOf(sign) >= 0)
            {
                return true;
            }
        }
        // Without one of these, each of its characters stands for itself.
        return HasEscapedCharacter(text, "\\u00"u8) || HasEscapedCharacter(text, "%"u8);
    }

    /// <summary>How many of the text's last bytes may be the beginning of a form, or of what tells of an error.</summary>
    public int UndecidedTail(ReadOnlySpan<byte> text, int maxLength)
    {
        // Most reads end with the end of an event or of a JSON value.
        var start = text.LastIndexOfAnyExcept(_bytes) + 1;
        start = Math.Max(start, text.Length - maxLength);
        while (start < text.Length)
        {
            var rest = text[start..];
            var character = EscapedText.Read(rest, isLast: false, out var length);
            if (character == EscapedText.Incomplete || (CanStart(character) && Find(rest, isLast: false, out _, out _) == FormMatch.Beginning) || ErrorWords.AreUndecided(rest))
            {
                break;
            }
            start += LengthToNext(rest, length, isLast: false);
        }
        return text.Length - start;
    }

    /// <summary>Whether a form begins with this character.</summary>
    public bool CanStart(int character) => (uint)character < (uint)_starts.Length && _starts[character];

    /// <summary>Compares the text's beginning with every form.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isLast">Whether nothing will follow it.</param>
    /// <param name="length">In how many bytes the form that was found is written; else the beginning of the key.</param>
    /// <param name="characters">With how many characters of the key the text begins.</param>
    public FormMatch Find(ReadOnlySpan<byte> text, bool isLast, out int length, out int characters)
    {
        var match = Compare(_forms[0], text, isLast, out length, out characters);
        for (var i = 1; i < _forms.Length && match != FormMatch.Whole; i++)
        {
            var other = Compare(_forms[i], text, isLast, out var otherLength, out _);
            if (other == FormMatch.Whole)
            {
                length = otherLength;
            }
            match = other == FormMatch.None ? match : other;
        }
        return match;
    }

    /// <summary>
    /// How far it is from a character that begins no form to the next that may: past it; or less, where what looks like an escape is a sign in front of a form, as in <c>100%ab…</c>.
    /// </summary>
    public int LengthToNext(ReadOnlySpan<byte> text, int length, bool isLast)
    {
        for (var i = 1; i < length; i++)
        {
            if (CanStart(text[i]) && Find(text[i..], isLast, out _, out _) != FormMatch.None)
            {
                return i;
            }
        }
        return length;
    }

    private static FormMatch Compare(byte[] form, ReadOnlySpan<byte> text, bool isLast, out int length, out int characters)
    {
        length = characters = 0;
        foreach (var expected in form)
        {
            if (length == text.Length)
            {
                return isLast ? FormMatch.None : FormMatch.Beginning;
            }
            var character = EscapedText.Read(text[length..], isLast, out var written);
            if (character != expected)
            {
                return character == EscapedText.Incomplete ? FormMatch.Beginning : FormMatch.None;
            }
            length += written;
            characters++;
        }
        return FormMatch.Whole;
    }

    private bool HasEscapedCharacter(ReadOnlySpan<byte> text, ReadOnlySpan<byte> escape)
    {
        while (true)
        {
            var start = text.IndexOf(escape);
            if (start < 0)
            {
                return false;
            }
            text = text[start..];
            if (EscapedText.Read(text, isLast: true, out _) is >= 0 and < 256 and var character && _characters.Contains((byte)character))
            {
                return true;
            }
            text = text[escape.Length..];
        }
    }
}
