namespace CredentialProxy.Gateway.Redacting;

/// <summary>The characters that providers put in place of the middle of a key, such as <c>sk-proj-***…***wxyz</c>.</summary>
internal static class MaskSigns
{
    public const int Bullet = 0x2022;

    public const int Ellipsis = 0x2026;

    public const int MiddleDot = 0xB7;

    /// <summary>Signs that make a mask; an ellipsis is one alone.</summary>
    public const int Enough = 3;

    /// <summary>For how many signs a character counts; 0 where it is none.</summary>
    public static int WeightOf(int character) => character switch
    {
        '*' or '.' or '#' or Bullet or MiddleDot => 1,
        Ellipsis => Enough,
        _ => 0,
    };

    /// <summary>Whether a text begins with a mask; null where more bytes must tell.</summary>
    public static bool? Begin(ReadOnlySpan<byte> text, bool isLast)
    {
        for (var weight = 0; weight < Enough;)
        {
            if (text.IsEmpty)
            {
                return isLast ? false : null;
            }
            var character = EscapedText.Read(text, isLast, out var length);
            if (character == EscapedText.Incomplete)
            {
                return null;
            }
            if (WeightOf(character) is > 0 and var more)
            {
                weight += more;
                text = text[length..];
            }
            else
            {
                return false;
            }
        }
        return true;
    }
}
