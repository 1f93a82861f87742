namespace CredentialProxy.Core.Grants;

/// <summary>
/// A model name in which each <c>*</c> stands for any run of characters, none included; everything else stands for itself, letter case included.
/// Matching takes at most name length times pattern length steps.
/// </summary>
public readonly record struct ModelPattern
{
    /// <summary>Longest pattern accepted, in characters.</summary>
    public const int MaxLength = 256;

    private ModelPattern(string text) => Text = text;

    /// <summary>The pattern as written.</summary>
    public string Text { get; }

    /// <summary>Parses a pattern of 1 to <see cref="MaxLength"/> printable ASCII characters.</summary>
    public static bool TryParse(string? text, out ModelPattern pattern)
    {
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength || text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            pattern = default;
            return false;
        }
        pattern = new ModelPattern(text);
        return true;
    }

    /// <summary>Whether the model's name fits the pattern. One with a segment of dots fits none: <c>gpt-4/../x</c> is <c>x</c> to a server that takes names for paths.</summary>
    public bool Matches(ReadOnlySpan<char> model) => Wildcards.Match(Text, model) && !HasDotSegment(model);

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static bool HasDotSegment(ReadOnlySpan<char> model)
    {
        foreach (var range in model.Split('/'))
        {
            if (model[range] is "." or "..")
            {
                return true;
            }
        }
        return false;
    }
}
