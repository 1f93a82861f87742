using System.Security.Cryptography;
using System.Text;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Vault;
using CredentialProxy.ServiceDefaults.Configuration;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Hosting;

/// <summary>
/// The secrets that this installation has of its own: taken from the settings, or, of the admin key, made on the first start, and its hash kept.
/// </summary>
public sealed class InstallationSecrets(IDbContextFactory<StorageContext> storage, IConfiguration configuration)
{
    /// <summary>What they are kept under.</summary>
    public static IReadOnlyList<string> Names { get; } = [KeptSecrets.SigningSecret, KeptSecrets.AdminKeyHash];

    /// <summary>The secret that other systems share to sign session tokens; null for none.</summary>
    /// <exception cref="StartupException">The setting is too short.</exception>
    public Secret? SigningSecret => ReadSecret(EnvironmentNames.SigningSecret);

    /// <summary>How admin JWTs prove themselves, if any is taken.</summary>
    /// <exception cref="StartupException">Their secret is too short, or the same as that of session tokens.</exception>
    public AdminTokenOptions AdminTokens(Secret? signingSecret)
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
        var kept = await context.Settings.FindAsync([KeptSecrets.AdminKeyHash], cancellationToken);
        if (kept is not null && !mustBeKnown)
        {
            return (Convert.FromHexString(kept.Value), null, false);
        }
        var made = "cpadm_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var hash = Convert.ToHexStringLower(Hash(made).Span);
        if (kept is null)
        {
            context.Settings.Add(new SettingRow { Name = KeptSecrets.AdminKeyHash, Value = hash });
        }
        else
        {
            kept.Value = hash;
        }
        return await TrySaveAsync(context, KeptSecrets.AdminKeyHash, cancellationToken) ? (Hash(made), made, true) : await AdminKeyAsync(mustBeKnown, cancellationToken);
    }

    private static async Task<bool> TrySaveAsync(StorageContext context, string name, CancellationToken cancellationToken)
    {
        try
        {
            await context.SaveChangesAsync(cancellationToken);
            return true;
        }
        catch (DbUpdateException)
        {
            context.ChangeTracker.Clear();
            if (!await context.Settings.AnyAsync(setting => setting.Name == name, cancellationToken))
            {
                throw;
            }
            return false;
        }
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
