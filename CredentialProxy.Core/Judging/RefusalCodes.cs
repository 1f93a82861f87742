namespace CredentialProxy.Core.Judging;

/// <summary>The stable names of codes.</summary>
public static class RefusalCodes
{
    private static readonly string[] Names = [.. Enum.GetNames<RefusalCode>().Select(ToSnakeCase)];

    /// <summary>The name of a code, for example <c>token_expired</c>.</summary>
    public static string NameOf(RefusalCode code) => Names[(int)code];

    private static string ToSnakeCase(string name) =>
        string.Concat(name.Select((character, i) => char.IsUpper(character) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(character) : character.ToString()));
}
