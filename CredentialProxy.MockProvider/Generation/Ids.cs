using System.Security.Cryptography;

namespace CredentialProxy.MockProvider.Generation;

/// <summary>Ids of the look that each provider gives its own.</summary>
internal static class Ids
{
    public static string New(string prefix) => prefix + RandomNumberGenerator.GetString("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 24);
}
