using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace CredentialProxy.Core.Vault;

/// <summary>
/// Seals keys for the store and opens them again, with ASP.NET Core Data Protection; or follows a reference, <c>env:NAME</c> or <c>file:/path</c>, whose key is never stored. The
/// sealed form begins with <c>sealed:</c>, so that the two can't be mistaken for each other.
/// </summary>
public sealed class CredentialVault(IDataProtectionProvider protection)
{
    private const string SealedPrefix = "sealed:";
    private const string EnvironmentPrefix = "env:";
    private const string FilePrefix = "file:";
    private const int MaxFileBytes = 64 * 1024;

    /// <summary>What <see cref="IsKey"/> asks for, in words.</summary>
    public const string KeyRule = "it must be printable ASCII characters without blanks";

    private readonly IDataProtector _protector = protection.CreateProtector("CredentialProxy.Credentials.v1");

    // So that no signing key can be taken for a credential, and sent to a provider.
    private readonly IDataProtector _signing = protection.CreateProtector("CredentialProxy.SigningKeys.v1");

    /// <summary>Whether a text is a reference and not a key.</summary>
    public static bool IsReference(string text) =>
        text.StartsWith(EnvironmentPrefix, StringComparison.Ordinal) || text.StartsWith(FilePrefix, StringComparison.Ordinal);

    /// <summary>Whether a text can be a key: printable ASCII characters without blanks, which is what a header or query carries. A line break in it would be a header of its own.</summary>
    public static bool IsKey(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>The form in which a key, or a reference to one, is stored.</summary>
    public string Seal(string secretOrReference) => IsReference(secretOrReference) ? secretOrReference : SealedPrefix + _protector.Protect(secretOrReference);

    /// <summary>Opens what <see cref="Seal"/> made; null, and why, when that can't be done.</summary>
    public Secret? TryOpen(string stored, out string error)
    {
        error = "";
        try
        {
            var value = stored switch
            {
                _ when stored.StartsWith(EnvironmentPrefix, StringComparison.Ordinal) => Environment.GetEnvironmentVariable(stored[EnvironmentPrefix.Length..]),
                _ when stored.StartsWith(FilePrefix, StringComparison.Ordinal) => ReadFile(stored[FilePrefix.Length..]),
                _ when stored.StartsWith(SealedPrefix, StringComparison.Ordinal) => _protector.Unprotect(stored[SealedPrefix.Length..]),
                _ => null,
            };
            if (string.IsNullOrWhiteSpace(value))
            {
                error = IsReference(stored) ? $"the reference '{stored}' leads to nothing" : "it is not in a form that this version knows";
                return null;
            }
            value = value.Trim();
            if (!IsKey(value))
            {
                error = IsReference(stored) ? $"what the reference '{stored}' leads to is no key: {KeyRule}" : $"it is no key: {KeyRule}";
                return null;
            }
            return new Secret(value);
        }
        catch (CryptographicException)
        {
            error = "it was sealed with another key ring";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            error = $"the file of the reference '{stored}' can't be read";
        }
        return null;
    }

    /// <summary>The form in which a key that signs session tokens is stored.</summary>
    public string SealSigningKey(Secret key) => _signing.Protect(key.Reveal());

    /// <summary>Opens what <see cref="SealSigningKey"/> made; null, and why, when that can't be done.</summary>
    public Secret? TryOpenSigningKey(string stored, out string error)
    {
        error = "";
        try
        {
            return new Secret(_signing.Unprotect(stored));
        }
        catch (CryptographicException)
        {
            error = "it was sealed with another key ring, or the key ring can't be opened with this process's master key";
            return null;
        }
    }

    // Reads up to the bound and not up to the length that the file system states: a device states none.
    private static string ReadFile(string path)
    {
        using var file = File.OpenRead(path);
        var buffer = new byte[MaxFileBytes + 1];
        var read = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return read <= MaxFileBytes
            ? Encoding.UTF8.GetString(buffer.AsSpan(buffer.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length..read : 0..read))
            : throw new IOException("The file is too large for a key.");
    }
}
