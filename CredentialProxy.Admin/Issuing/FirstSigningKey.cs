using System.Security.Cryptography;
using CredentialProxy.Admin.Api.Keys;
using CredentialProxy.Admin.Auditing;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;
using CredentialProxy.ServiceDefaults.Configuration;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Secret = CredentialProxy.Core.Vault.Secret;

namespace CredentialProxy.Admin.Issuing;

/// <summary>Sees to it, when a control plane starts, that there is a key that signs and that it can be opened. One that starts at a time.</summary>
public sealed class FirstSigningKey(IDbContextFactory<StorageContext> storage, IDataProtectionProvider protection, TimeProvider time)
{
    private readonly CredentialVault _vault = new(protection);

    /// <summary>Makes the first key where there is none. The secret that an earlier version made for itself goes on proving what it signed, until that has expired.</summary>
    /// <param name="tokensLive">How long a token may live that is minted here.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StartupException">What is kept can't be opened.</exception>
    public async Task EnsureAsync(TimeSpan tokensLive, CancellationToken cancellationToken)
    {
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        var line = new SigningKeyLine(await context.SigningKeys.Where(row => row.RetiredAt == null).ToListAsync(cancellationToken), tokensLive);
        if (line.SigningAt(now) is { } signing)
        {
            if (_vault.TryOpenSigningKey(signing.SealedPrivateKey, out _) is null)
            {
                throw new StartupException($"The signing key {signing.Id} was sealed with another key ring. Restore that key ring (in a data directory, its directory 'keys'); without it, delete the table signing_keys' rows: session tokens end, and a new key is made.");
            }
            return;
        }
        List<SigningKeyRow> made = [];
        if (await context.Settings.FirstOrDefaultAsync(setting => setting.Name == KeptSecrets.SigningSecret, cancellationToken) is { } kept)
        {
            context.Settings.Remove(kept);
            made.Add(SigningKeyFactory.OfSecret(Open(kept), now, _vault));
        }
        made.Add(SigningKeyFactory.Make(SigningAlgorithm.Es256, now, now, _vault));
        made.ForEach(line.Append);
        context.SigningKeys.AddRange(made);
        made.ForEach(row => context.Note(AuditTrail.System, time, "signing-key.create", row.Id, null, SigningKeyDocument.Of(row, null, now)));
        await context.SaveChangesAsync(cancellationToken);
    }

    private Secret Open(SettingRow kept)
    {
        try
        {
            return new Secret(protection.CreateProtector(KeptSecrets.Purpose).Unprotect(kept.Value));
        }
        catch (CryptographicException e)
        {
            throw new StartupException($"The session signing secret that is kept was sealed with another key ring. Restore that key ring (in a data directory, its directory 'keys'); without it, delete the row '{KeptSecrets.SigningSecret}' of the table settings: session tokens end.", e);
        }
    }
}
