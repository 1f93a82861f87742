using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace CredentialProxy.Core.Metering;

/// <summary>Reads the escapes of JSON strings (RFC 8259 §7), byte by byte.</summary>
internal struct Unescape
{
    private int _digits;
    private int _codeUnit;
    private char _highSurrogate;
    private Utf8Bytes _text;
    private int _length;

    /// <summary>What the escape that has ended stands for; empty for the first half of a surrogate pair.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Text => _text[.._length];

    /// <summary>Takes the next byte after the backslash; true while there must be more of them.</summary>
    public bool TakesMore(byte next)
    {
        if (_digits == 0 && next == 'u')
        {
            (_digits, _codeUnit) = (4, 0);
            return true;
        }
        if (_digits == 0)
        {
            _text[0] = next switch { (byte)'n' => (byte)'\n', (byte)'r' => (byte)'\r', (byte)'t' => (byte)'\t', (byte)'b' => 8, (byte)'f' => 12, _ => next };
            _length = 1;
            return false;
        }
        _codeUnit = (_codeUnit << 4) | (char.IsAsciiHexDigit((char)next) ? HexValue(next) : 0);
        if (--_digits > 0)
        {
            return true;
        }
        EndCodeUnit((char)_codeUnit);
        return false;
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private void EndCodeUnit(char unit)
    {
        _length = 0;
        if (char.IsHighSurrogate(unit))
        {
            _highSurrogate = unit;
            return;
        }
        var rune = Rune.TryCreate(_highSurrogate, unit, out var pair) ? pair : Rune.TryCreate(unit, out var single) ? single : Rune.ReplacementChar;
        _highSurrogate = default;
        _length = rune.EncodeToUtf8(_text);
    }

    [InlineArray(4)]
    private struct Utf8Bytes
    {
        private byte _first;
    }
}
