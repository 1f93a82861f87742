using System.Security.Cryptography;
using System.Text;
using CredentialProxy.Admin;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.ServiceDefaults.Configuration;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Secret = CredentialProxy.Core.Vault.Secret;

namespace CredentialProxy.Standalone;

/// <summary>
/// The secrets that this installation has of its own: taken from the settings, or made on the first start and kept, the signing secret sealed, of the admin key the hash.
/// </summary>
internal sealed class Secrets(IDbContextFactory<StorageContext> storage, IDataProtectionProvider protection, IConfiguration configuration)
{
    private const string SigningSecretName = "session-signing-secret";
    private const string AdminKeyHashName = "admin-key-hash";

    /// <summary>What they are kept under.</summary>
    public static readonly string[] Names = [SigningSecretName, AdminKeyHashName];

    private readonly IDataProtector _protector = protection.CreateProtector("CredentialProxy.Settings.v1");

    /// <summary>The secret that signs session tokens.</summary>
    /// <exception cref="StartupException">The setting is too short, or what was kept can't be opened.</exception>
    public async Task<Secret> SigningSecretAsync(CancellationToken cancellationToken)
    {
        if (ReadSecret(EnvironmentNames.SigningSecret) is { } configured)
        {
            return configured;
        }
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        if (await context.Settings.FindAsync([SigningSecretName], cancellationToken) is { } kept)
        {
            try
            {
                return new Secret(_protector.Unprotect(kept.Value));
            }
            catch (CryptographicException e)
            {
                throw new StartupException($"The session signing secret in the data directory was sealed with another key ring. Restore the directory 'keys' beside the database, or set {EnvironmentNames.SigningSecret}.", e);
            }
        }
        var made = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        context.Settings.Add(new SettingRow { Name = SigningSecretName, Value = _protector.Protect(made) });
        await context.SaveChangesAsync(cancellationToken);
        return new Secret(made);
    }

    /// <summary>How admin JWTs prove themselves, if any is taken.</summary>
    /// <exception cref="StartupException">Their secret is too short, or the same as that of session tokens.</exception>
    public AdminTokenOptions AdminTokens(Secret signingSecret)
    {
        var secret = ReadSecret(EnvironmentNames.AdminJwtSecret);
        if (secret is not null && secret.Equals(signingSecret))
        {
            throw new StartupException($"The settings {EnvironmentNames.AdminJwtSecret} and {EnvironmentNames.SigningSecret} must differ: who may mint session tokens must not be an admin by it.");
        }
        return new AdminTokenOptions
        {
            Secret = secret,
            Audience = configuration[EnvironmentNames.AdminAudience] is { Length: > 0 } audience ? audience : AdminTokenOptions.DefaultAudience,
        };
    }

    /// <summary>The hash of the admin key, and the key itself where it is known: set, or made just now.</summary>
    /// <exception cref="StartupException">The setting is too short or too long.</exception>
    public async Task<(ReadOnlyMemory<byte> Hash, string? Key, bool IsNew)> AdminKeyAsync(bool mustBeKnown, CancellationToken cancellationToken)
    {
        if (configuration[EnvironmentNames.AdminKey] is { Length: > 0 } configured)
        {
            return configured.Length is >= AdminOptions.MinKeyLength and <= AdminOptions.MaxKeyLength
                ? (Hash(configured), configured, false)
                : throw new StartupException($"The setting {EnvironmentNames.AdminKey} is not valid: it must have {AdminOptions.MinKeyLength} to {AdminOptions.MaxKeyLength} characters.");
        }
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var kept = await context.Settings.FindAsync([AdminKeyHashName], cancellationToken);
        if (kept is not null && !mustBeKnown)
        {
            return (Convert.FromHexString(kept.Value), null, false);
        }
        var made = "cpadm_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var hash = Convert.ToHexStringLower(Hash(made).Span);
        if (kept is null)
        {
            context.Settings.Add(new SettingRow { Name = AdminKeyHashName, Value = hash });
        }
        else
        {
            kept.Value = hash;
        }
        await context.SaveChangesAsync(cancellationToken);
        return (Hash(made), made, true);
    }

    private static ReadOnlyMemory<byte> Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private Secret? ReadSecret(string name)
    {
        if (configuration[name] is not { Length: > 0 } text)
        {
            return null;
        }
        return Encoding.UTF8.GetByteCount(text) >= SessionTokenOptions.MinSecretBytes
            ? new Secret(text)
            : throw new StartupException($"The setting {name} is not valid: it must have at least {SessionTokenOptions.MinSecretBytes} bytes.");
    }
}
