using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Issuing;

/// <summary>Finds the signing key that signs now. It is looked up at each minting, which writes to the database anyway, so that no control plane signs with one that another has replaced.</summary>
internal sealed class TokenSigners(CredentialVault vault, SessionTokenOptions options, TimeProvider time)
{
    private volatile Opened? _opened;

    /// <summary>What signs.</summary>
    /// <exception cref="InvalidOperationException">There is no key that signs, or it can't be opened.</exception>
    public async Task<TokenSigner> ActiveAsync(StorageContext context, CancellationToken cancellationToken)
    {
        var row = await SigningAsync(context, cancellationToken) ?? throw new InvalidOperationException("There is no signing key that signs.");
        if (_opened is { } opened && opened.Id == row.Id)
        {
            return opened.Signer;
        }
        var secret = vault.TryOpenSigningKey(row.SealedPrivateKey, out var error) ?? throw new InvalidOperationException($"Signing key {row.Id} can't be used: {error}.");
        var signer = TokenSigner.Of(row.Id, SigningAlgorithms.TryParse(row.Algorithm, out var algorithm) ? algorithm : default, secret);
        _opened = new Opened(row.Id, signer);
        return signer;
    }

    /// <summary>The row of the key that signs; null for none.</summary>
    public async Task<SigningKeyRow?> SigningAsync(StorageContext context, CancellationToken cancellationToken) =>
        (await LineAsync(context.SigningKeys.AsNoTracking(), cancellationToken)).SigningAt(time.GetUtcNow());

    /// <summary>The keys in use.</summary>
    public async Task<SigningKeyLine> LineAsync(IQueryable<SigningKeyRow> keys, CancellationToken cancellationToken) =>
        new(await keys.Where(row => row.RetiredAt == null).ToListAsync(cancellationToken), TimeSpan.FromSeconds(options.MaxLifetimeSeconds));

    private sealed record Opened(string Id, TokenSigner Signer);
}
