using System.Globalization;
using System.Text;

namespace CredentialProxy.Fuzzing;

/// <summary>Writes a target's words as a dictionary of afl-fuzz, a quoted word a line with odd bytes as <c>\xNN</c>.</summary>
internal static class FuzzWords
{
    /// <summary>afl-fuzz takes no longer ones.</summary>
    private const int Longest = 128;

    /// <summary>The lines.</summary>
    public static IEnumerable<string> Of(FuzzTarget target) =>
        target.Words.Select(Encoding.UTF8.GetBytes).Where(word => word.Length is > 0 and <= Longest).Select(word => $"\"{string.Concat(word.Select(Write))}\"").Distinct();

    private static string Write(byte character) => char.IsAsciiLetterOrDigit((char)character) || character is (byte)'_' or (byte)'-' or (byte)'/' or (byte)'.'
        ? ((char)character).ToString()
        : "\\x" + character.ToString("X2", CultureInfo.InvariantCulture);
}
