namespace CredentialProxy.Gateway.Redacting;

/// <summary>
/// Reads text character by character as whoever parses it would understand it: <c>-</c>, <c>\u002d</c>, <c>\\u002d</c> (JSON within JSON), <c>%2d</c> and <c>%252d</c> all are a hyphen. So a
/// key is compared once, however each of its characters is written.
/// </summary>
internal static class EscapedText
{
    /// <summary>What is read where the bytes end within a character.</summary>
    public const int Incomplete = -1;

    /// <summary>Most backslashes, and most percent signs, in front of one character: four times JSON within JSON.</summary>
    private const int MaxNesting = 8;

    /// <summary>Most bytes that one character is written in.</summary>
    public const int MaxLength = 2 * MaxNesting + 3;

    private const int UnicodeDigits = 4;

    /// <summary>Reads the first character.</summary>
    /// <param name="text">Text that is not empty.</param>
    /// <param name="isLast">Whether nothing will follow it.</param>
    /// <param name="length">In how many bytes it is written.</param>
    public static int Read(ReadOnlySpan<byte> text, bool isLast, out int length)
    {
        var first = text[0];
        switch (first)
        {
            case (byte)'\\':
                return ReadBackslash(text, isLast, out length);
            case (byte)'%':
                return ReadPercent(text, isLast, out length);
            case 0xE2 or 0xC2:
                return ReadMaskSign(text, isLast, out length);
            default:
                length = 1;
                return first;
        }
    }

    /// <summary>
    /// Makes a character of a key unreadable, in as many bytes and with every escape still an escape, so that neither the length nor the syntax around it changes. A quote, a backslash or
    /// an escaped slash stays: it tells nothing, and JSON may hang on it.
    /// </summary>
    public static void Blank(Span<byte> character)
    {
        if (character.Length == 1)
        {
            if (character[0] is not ((byte)'\\' or (byte)'"'))
            {
                character[0] = (byte)'*';
            }
        }
        else if (character[0] == '%')
        {
            "2a"u8.CopyTo(character[^2..]);
        }
        else if (character[0] == '\\' && character.Length > UnicodeDigits && character[^(UnicodeDigits + 1)] == 'u')
        {
            "002a"u8.CopyTo(character[^UnicodeDigits..]);
        }
    }

    // RFC 8259 §7. What stands between the backslashes and their character is another level of JSON.
    private static int ReadBackslash(ReadOnlySpan<byte> text, bool isLast, out int length)
    {
        length = 1;
        while (length < MaxNesting && length < text.Length && text[length] == '\\')
        {
            length++;
        }
        if (length == text.Length)
        {
            return isLast ? '\\' : Incomplete;
        }
        var escaped = text[length];
        switch (escaped)
        {
            case (byte)'u':
                return ReadUnicode(text[(length + 1)..], isLast, ref length);
            case (byte)'/' or (byte)'"':
                length++;
                return escaped;
            case (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t':
                length++;
                return '\n';
            default:
                return '\\';
        }
    }

    private static int ReadUnicode(ReadOnlySpan<byte> digits, bool isLast, ref int length)
    {
        var value = 0;
        for (var i = 0; i < UnicodeDigits; i++)
        {
            if (i == digits.Length)
            {
                return isLast ? '\\' : Incomplete;
            }
            if (Digit(digits[i]) is not (>= 0 and var digit))
            {
                return '\\';
            }
            value = (value << 4) + digit;
        }
        length += 1 + UnicodeDigits;
        return value;
    }

    // RFC 3986 §2.1. An escaped percent sign in front of two more digits is another level of it.
    private static int ReadPercent(ReadOnlySpan<byte> text, bool isLast, out int length)
    {
        length = 1;
        for (var level = 0; level < MaxNesting; level++)
        {
            var rest = text[length..];
            if (rest.Length < 2)
            {
                return !isLast && (rest.IsEmpty || Digit(rest[0]) >= 0) ? Incomplete : '%';
            }
            var (high, low) = (Digit(rest[0]), Digit(rest[1]));
            if (high < 0 || low < 0)
            {
                return '%';
            }
            length += 2;
            if ((high, low) != (2, 5))
            {
                return (high << 4) + low;
            }
        }
        return '%';
    }

    // The signs beyond ASCII that keys are masked with, in UTF-8: U+2022 bullet, U+2026 ellipsis, U+00B7 middle dot.
    private static int ReadMaskSign(ReadOnlySpan<byte> text, bool isLast, out int length)
    {
        var (sign, bytes) = text switch
        {
            [0xE2, 0x80, 0xA2, ..] => (MaskSigns.Bullet, 3),
            [0xE2, 0x80, 0xA6, ..] => (MaskSigns.Ellipsis, 3),
            [0xC2, 0xB7, ..] => (MaskSigns.MiddleDot, 2),
            [0xE2] or [0xE2, 0x80] or [0xC2] when !isLast => (Incomplete, 1),
            _ => (text[0], 1),
        };
        length = bytes;
        return sign;
    }

    private static int Digit(byte character) => character switch
    {
        >= (byte)'0' and <= (byte)'9' => character - '0',
        >= (byte)'a' and <= (byte)'f' => character - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => character - 'A' + 10,
        _ => -1,
    };
}
