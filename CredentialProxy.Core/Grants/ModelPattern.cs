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

    /// <summary>
    /// Whether every model that fits the other pattern fits this one, and is as tuned: a star of the other is a character that only a star of this one can stand for. What begins with <c>ft:</c>
    /// grants more than its match (see <see cref="Scope.AllowsTuned"/>), and is within such a pattern only.
    /// </summary>
    public bool Covers(ModelPattern other) => Wildcards.Match(Text, other.Text) && (IsTuned(Text) || !IsTuned(other.Text));

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static bool IsTuned(string text) => text.StartsWith(Scope.TunedPrefix, StringComparison.Ordinal);

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
