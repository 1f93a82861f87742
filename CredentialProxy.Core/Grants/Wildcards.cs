namespace CredentialProxy.Core.Grants;

/// <summary>Matches text against a pattern in which only <c>*</c> means something: any run of characters, none included. No escapes, and no other wildcard.</summary>
internal static class Wildcards
{
    /// <summary>Whether the whole text fits, letter case included. Takes at most text length times pattern length steps: only the last star is ever tried again.</summary>
    public static bool Match(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        var (inPattern, inText, star, retry) = (0, 0, -1, 0);
        while (inText < text.Length)
        {
            if (inPattern < pattern.Length && pattern[inPattern] == '*')
            {
                (star, retry) = (inPattern++, inText);
            }
            else if (inPattern < pattern.Length && pattern[inPattern] == text[inText])
            {
                inPattern++;
                inText++;
            }
            else if (star >= 0)
            {
                (inPattern, inText) = (star + 1, ++retry);
            }
            else
            {
                return false;
            }
        }
        return pattern[inPattern..].TrimStart('*').IsEmpty;
    }
}
