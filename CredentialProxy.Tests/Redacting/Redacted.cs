using System.Text;
using CredentialProxy.Gateway.Redacting;

namespace CredentialProxy.Tests.Redacting;

/// <summary>Answers that have passed a redactor, in pieces, as the gateway reads them.</summary>
internal static class Redacted
{
    /// <summary>A key of OpenAI's form. Shorter than real ones, so that each of its splits can be tried.</summary>
    public const string Key = "sk-proj-Qx7_aB3dE5fG-hI9jKzW4v8nT2uYwxyz";

    private static readonly KeyForms Forms = new(Key);

    /// <summary>Passes an answer in one piece.</summary>
    public static string Whole(string answer, bool isError = false, string key = Key) => InPieces(key == Key ? Forms : new KeyForms(key), Latin1(answer), isError, []);

    /// <summary>Passes an answer that is split at these places.</summary>
    public static string InPieces(string answer, bool isError, params int[] splits) => InPieces(Forms, Latin1(answer), isError, splits);

    /// <summary>What leaves after each piece, and at the end.</summary>
    public static IReadOnlyList<string> Pieces(IEnumerable<string> pieces, bool isError = false)
    {
        var redactor = new AnswerRedactor(Forms, isError);
        var left = pieces.Select(piece => Pass(redactor, Latin1(piece), isLast: false)).ToList();
        left.Add(Pass(redactor, [], isLast: true));
        return [.. left.Select(Encoding.Latin1.GetString)];
    }

    private static string InPieces(KeyForms forms, byte[] answer, bool isError, int[] splits)
    {
        var redactor = new AnswerRedactor(forms, isError);
        var left = new MemoryStream();
        var start = 0;
        foreach (var end in splits.Order().Append(answer.Length))
        {
            left.Write(Pass(redactor, answer.AsSpan(start, end - start), isLast: false));
            start = end;
        }
        left.Write(Pass(redactor, [], isLast: true));
        return Encoding.Latin1.GetString(left.ToArray());
    }

    private static byte[] Pass(AnswerRedactor redactor, ReadOnlySpan<byte> piece, bool isLast)
    {
        var buffer = new byte[AnswerRedactor.MaxHeld + piece.Length];
        var held = redactor.Restore(buffer);
        piece.CopyTo(buffer.AsSpan(held));
        var length = held + piece.Length;
        var free = redactor.Redact(buffer.AsSpan(0, length), isLast);
        Assert.InRange(length - free, 0, isLast ? 0 : AnswerRedactor.MaxHeld);
        return buffer[..free];
    }

    // Tests write an ellipsis as it is: as on the wire, a character for each byte of UTF-8.
    private static byte[] Latin1(string text) => text.Any(character => character > 255) ? Encoding.UTF8.GetBytes(text) : Encoding.Latin1.GetBytes(text);
}
