using System.Security.Cryptography;

namespace CredentialProxy.Core.Tokens;

/// <summary>Ids of what is kept: a prefix that tells the kind, and 20 random characters.</summary>
public static class ObjectIds
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>A new id, for example <c>tok_…</c>.</summary>
    public static string New(string prefix) => prefix + "_" + RandomNumberGenerator.GetString(Alphabet, 20);
}
