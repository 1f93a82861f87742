using System.Text;

namespace CredentialProxy.Gateway.Redacting;

/// <summary>The words of an error's text, as far as they have to do with keys.</summary>
internal static class KeyWords
{
    private static readonly byte[][] Announcements = ["ending"u8.ToArray(), "ends"u8.ToArray(), "last"u8.ToArray()];

    /// <summary>Whether a character belongs to a word; keys are mostly made of these.</summary>
    public static bool IsCharacter(int character) => character < 128 && (char.IsAsciiLetterOrDigit((char)character) || character is '-' or '_' or '=');

    /// <summary>Whether a text begins with a word that announces the end of a key, as in "ending in wxyz" or "the last four characters"; null where more bytes must tell.</summary>
    public static bool? BeginAnnouncement(ReadOnlySpan<byte> text, bool isLast)
    {
        foreach (var word in Announcements)
        {
            var common = Math.Min(text.Length, word.Length);
            if (!Ascii.EqualsIgnoreCase(text[..common], word.AsSpan(0, common)))
            {
                continue;
            }
            if (text.Length <= word.Length)
            {
                return isLast ? false : null;
            }
            return !IsCharacter(text[word.Length]);
        }
        return false;
    }
}
