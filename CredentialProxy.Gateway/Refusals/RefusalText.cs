using System.Text.Encodings.Web;

namespace CredentialProxy.Gateway.Refusals;

/// <summary>Keeps what a refusal says so short that its body stays under a kilobyte in every provider's shape, whatever was put into the message.</summary>
internal static class RefusalText
{
    /// <summary>Most bytes of a message, as JSON writes it. The longest of ours has some three hundred.</summary>
    public const int MaxMessage = 380;

    /// <summary>Most bytes of it where it is said a second time.</summary>
    public const int MaxRepeated = 96;

    private const string Cut = "...";

    // A quotation mark becomes an escape of six bytes, and so does each half of what is beyond the first plane.
    private const int EscapedLength = 6;

    /// <summary>The text, or as much of it as fits.</summary>
    public static string Shorten(string text, int mostBytes = MaxMessage)
    {
        var bytes = 0;
        for (var i = 0; i < text.Length; i++)
        {
            bytes += !char.IsAscii(text[i]) || JavaScriptEncoder.Default.WillEncode(text[i]) ? EscapedLength : 1;
            if (bytes > mostBytes)
            {
                var end = Math.Max(0, i - Cut.Length);
                // Half a character is none.
                return text[..(end > 0 && char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)] + Cut;
            }
        }
        return text;
    }
}
