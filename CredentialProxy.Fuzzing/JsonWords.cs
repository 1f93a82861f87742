namespace CredentialProxy.Fuzzing;

/// <summary>Words of JSON.</summary>
internal static class JsonWords
{
    /// <summary>Signs and values.</summary>
    public static IReadOnlyList<string> Signs { get; } =
        ["{", "}", "[", "]", ",", ":", "\"", "\\", "\\\"", "\\u00", "\\ud83d", "\\ude00", "null", "true", "false", "0", "-1", "1e308", "9007199254740993", "99999999999999999999", "1.0", "{}", "[]", "\"\"", "é", "😀"];

    /// <summary>Those, and members of these names.</summary>
    public static IEnumerable<string> Of(IEnumerable<string> names) => Signs.Concat(names.Select(name => $"\"{name}\":"));
}
