using System.Text;
using CredentialProxy.Fuzzing.References;
using CredentialProxy.Gateway.Redacting;

namespace CredentialProxy.Fuzzing.Targets;

/// <summary>
/// Answers that may hold the key. Whatever the bytes are: nothing throws; what leaves is the same however they are cut, as long as what came, and JSON where that was JSON; line breaks stay; the key can't be read out
/// of it, as it is, in base64, or behind up to four levels of JSON or percent-encoding; no more is held back than the bound; and the time grows with the length, which is looked at where the last setting says so.
/// Settings: whether the answer is an error, how it is cut, whether the time is looked at.
/// </summary>
internal sealed class RedactorTarget : FuzzTarget
{
    /// <summary>A key of OpenAI's form, as seeds hold it.</summary>
    public const string Key = "sk-proj-Qx7_aB3dE5fG-hI9jKzW4v8nT2uYwxyz";

    private static readonly KeyForms Forms = new(Key);

    /// <inheritdoc/>
    public override string Name => "redactor";

    /// <inheritdoc/>
    public override IEnumerable<string> Words =>
    [
        Key, Key[..20], Key[20..], "sk-proj-", "wxyz", "***", "...", "…", "•", "\\u00", "\\\\u0073", "\\u0073k", "%73k", "%2573", "%25", "%", "\\", "\\/", "\"error\":", "event: error\n", "\n\n", "data: ", "last 4", "ending in ", "api key",
        .. Enumerable.Range(0, 3).Select(shift => KeyInText.Base64(Key, shift)), "c2st", "c2stcHJvai",
    ];

    /// <inheritdoc/>
    public override void Run(ReadOnlySpan<byte> input)
    {
        var fuzz = new FuzzInput(input);
        var isError = fuzz.Setting(0) % 2 == 1;
        var answer = fuzz.Bytes.ToArray();
        var whole = Redact(answer, isError, []);
        foreach (var cuts in Cuts.Of(fuzz, 1))
        {
            Property.SameBytes(whole, Redact(answer, isError, cuts), "The same leaves however the answer is cut.");
        }
        Property.Same(answer.Length, whole.Length, "What leaves is as long as what came.");
        Property.Holds(!KeyInText.IsIn(Encoding.Latin1.GetString(whole), Key), "The key can't be read out of what leaves.");
        Property.Holds(IsJson(whole) || !IsJson(answer), "JSON stays JSON.");
        for (var i = 0; i < answer.Length; i++)
        {
            Property.Same(answer[i] is (byte)'\n' or (byte)'\r', whole[i] is (byte)'\n' or (byte)'\r', "Line breaks stay.");
        }
        if (fuzz.Setting(2) == 1)
        {
            LinearTime.Check(bytes => Redact(bytes, isError, []), answer);
        }
    }

    private static byte[] Redact(ReadOnlySpan<byte> answer, bool isError, int[] cuts)
    {
        var redactor = new AnswerRedactor(Forms, isError);
        var buffer = new byte[AnswerRedactor.MaxHeld + answer.Length];
        var left = new MemoryStream(answer.Length);
        var start = 0;
        foreach (var cut in cuts)
        {
            Pass(redactor, answer[start..cut], isLast: false, buffer, left);
            start = cut;
        }
        Pass(redactor, answer[start..], isLast: false, buffer, left);
        Pass(redactor, [], isLast: true, buffer, left);
        return left.ToArray();
    }

    private static void Pass(AnswerRedactor redactor, ReadOnlySpan<byte> piece, bool isLast, byte[] buffer, MemoryStream left)
    {
        var held = redactor.Restore(buffer);
        piece.CopyTo(buffer.AsSpan(held));
        var free = redactor.Redact(buffer.AsSpan(0, held + piece.Length), isLast);
        Property.Holds(held + piece.Length - free <= (isLast ? 0 : AnswerRedactor.MaxHeld), "No more is held back than the bound.");
        left.Write(buffer.AsSpan(0, free));
    }

    private static bool IsJson(byte[] bytes)
    {
        using var document = PlainJson.TryParse(bytes);
        return document is not null;
    }
}
