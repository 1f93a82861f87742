using CredentialProxy.Admin.Api;

namespace CredentialProxy.Admin.Listing;

/// <summary>What lists may be filtered by, checked once.</summary>
internal static class Filters
{
    private const int MaxTextLength = 300;

    /// <summary>A text to look for; null for none.</summary>
    public static string? Text(string? value, string field, FieldErrors errors)
    {
        // Postgres takes no zero character in a text.
        errors.Require(value is null || (value.Length <= MaxTextLength && !value.Any(char.IsControl)), field, $"must be at most {MaxTextLength} characters, none of them a control character");
        return string.IsNullOrEmpty(value) ? null : value;
    }

    /// <summary>One of a few words; null for none.</summary>
    public static string? Word(string? value, string field, string[] words, FieldErrors errors)
    {
        errors.Require(value is null || words.Contains(value), field, $"must be {string.Join(", ", words)}");
        return value;
    }
}
