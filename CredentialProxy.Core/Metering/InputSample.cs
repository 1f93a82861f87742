using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace CredentialProxy.Core.Metering;

/// <summary>
/// Pieces of a request's body, from places that nobody can foresee, by which the tokens of its input are told should the provider's figure never come. No count of bytes tells them: a token has four
/// in English and one in a script that is rare enough, and whoever leaves early chooses what to send. A short body is its own sample.
/// </summary>
public sealed class InputSample
{
    private const int Pieces = 16;
    private const int PieceLength = 64;

    /// <summary>What a sample of few pieces may be wrong by.</summary>
    private const double Margin = 1.5;

    private readonly byte[] _bytes;
    private readonly long _bodyLength;

    private InputSample(byte[] bytes, long bodyLength) => (_bytes, _bodyLength) = (bytes, bodyLength);

    private bool IsWhole => _bytes.Length == _bodyLength;

    /// <summary>Takes a sample of a body.</summary>
    public static InputSample Of(in ReadOnlySequence<byte> body)
    {
        if (body.Length <= Pieces * PieceLength)
        {
            return new InputSample(body.ToArray(), body.Length);
        }
        Span<uint> draws = stackalloc uint[Pieces];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(draws));
        var bytes = new byte[Pieces * PieceLength];
        for (var i = 0; i < Pieces; i++)
        {
            var start = (long)(draws[i] / (double)uint.MaxValue * (body.Length - PieceLength));
            body.Slice(start, PieceLength).CopyTo(bytes.AsSpan(i * PieceLength, PieceLength));
        }
        return new InputSample(bytes, body.Length);
    }

    /// <summary>
    /// About how many tokens the body's text has, rather too many than too few: all of the body's, since a share of them that went by bytes would let what is around a dense text make it seem
    /// thinner. Never more than the text has bytes.
    /// </summary>
    /// <param name="textBytes">The text's bytes, as JSON writes them.</param>
    /// <param name="model">The model.</param>
    public long EstimateTokens(long textBytes, string model)
    {
        long tokens = 0;
        long bytes = 0;
        var pieceLength = IsWhole ? Math.Max(1, _bytes.Length) : PieceLength;
        for (var start = 0; start < _bytes.Length; start += pieceLength)
        {
            var piece = WholeCharacters(_bytes.AsSpan(start, pieceLength));
            tokens += OutputText.Count(Unescaped(piece));
            bytes += piece.Length;
        }
        var density = bytes == 0 ? 1 : (double)tokens / bytes * OutputText.MarginOf(model) * (IsWhole ? 1 : Margin);
        return (long)Math.Min(textBytes, Math.Ceiling(_bodyLength * density));
    }

    // A piece may begin and end in the middle of a character.
    private static ReadOnlySpan<byte> WholeCharacters(ReadOnlySpan<byte> piece)
    {
        var start = 0;
        while (start < piece.Length && (piece[start] & 0xC0) == 0x80)
        {
            start++;
        }
        piece = piece[start..];
        var last = piece.Length - 1;
        while (last > 0 && (piece[last] & 0xC0) == 0x80)
        {
            last--;
        }
        return last >= 0 && !IsWholeCharacter(piece[last..]) ? piece[..last] : piece;
    }

    private static bool IsWholeCharacter(ReadOnlySpan<byte> character) => Rune.DecodeFromUtf8(character, out _, out var length) == OperationStatus.Done && length == character.Length;

    private static string Unescaped(ReadOnlySpan<byte> json)
    {
        if (!json.Contains((byte)'\\'))
        {
            return Encoding.UTF8.GetString(json);
        }
        Span<byte> text = stackalloc byte[Pieces * PieceLength];
        var (length, isEscape) = (0, false);
        var escape = default(Unescape);
        foreach (var next in json)
        {
            if (!isEscape && next == '\\')
            {
                isEscape = true;
            }
            else if (!isEscape)
            {
                text[length++] = next;
            }
            else if (!(isEscape = escape.TakesMore(next)))
            {
                escape.Text.CopyTo(text[length..]);
                length += escape.Text.Length;
            }
        }
        return Encoding.UTF8.GetString(text[..length]);
    }
}
