using System.IO.Enumeration;

namespace CredentialProxy.Core.Grants;

/// <summary>
/// A model name in which each <c>*</c> stands for any run of characters, none included; everything else stands for itself, letter case included.
/// Matching is linear in practice and bounded by name length times pattern length, never exponential.
/// </summary>
public readonly record struct ModelPattern
{
    /// <summary>Longest pattern accepted, in characters.</summary>
    public const int MaxLength = 256;

    private readonly string _escaped;

    private ModelPattern(string text)
    {
        Text = text;
        // MatchesSimpleExpression also knows '?' and '\'; model names may hold neither as a wildcard.
        _escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("?", "\\?", StringComparison.Ordinal);
    }

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

    /// <summary>Whether the model's name fits the pattern.</summary>
    public bool Matches(ReadOnlySpan<char> model) => FileSystemName.MatchesSimpleExpression(_escaped, model, ignoreCase: false);

    /// <inheritdoc/>
    public override string ToString() => Text;
}
