using CredentialProxy.Admin.Api;
using CredentialProxy.Admin.Api.Quotes;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Quoting;

/// <summary>Finds the grant of the token that is asked about, as the gateway would.</summary>
internal sealed class QuotedGrants(IDbContextFactory<StorageContext> storage, IDirectory directory, SessionTokenVerifier verifier, GrantFactory grants)
{
    /// <summary>The grant; or why there is none.</summary>
    public async Task<(Grant? Grant, ApiProblem? Problem)> FindAsync(QuoteRequest request, HttpContext http)
    {
        if ((request.Token is null) == (request.TokenId is null))
        {
            return (null, ApiProblem.Invalid("token", "must be there, or 'tokenId' in its place"));
        }
        var grant = request.Token is { } token ? await OfTokenAsync(token, http.RequestAborted) : await OfIdAsync(request.TokenId!, http.RequestAborted);
        // A minter learns of others' tokens no more than that there is none for it.
        var caller = http.Features.GetRequiredFeature<AdminCaller>();
        if (grant is not null && caller.SeesOnlyItsOwn && !await IsOwnAsync(grant.TokenId, caller, http.RequestAborted))
        {
            grant = null;
        }
        return grant is null ? (null, ApiProblem.Invalid(request.Token is null ? "tokenId" : "token", "must be one that is known here")) : (grant, null);
    }

    private async Task<Grant?> OfTokenAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length is 0 or > TokenHash.MaxTokenBytes / 4)
        {
            return null;
        }
        var hash = TokenHash.Of(token);
        var verified = await verifier.VerifyAsync(token);
        return verified.Claims is { } claims ? await grants.FindAsync(claims, hash, cancellationToken) : await directory.FindProxyTokenAsync(hash, cancellationToken);
    }

    private async Task<Grant?> OfIdAsync(string id, CancellationToken cancellationToken)
    {
        if (id.Any(char.IsControl))
        {
            return null;
        }
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var row = await context.Tokens.AsNoTracking().FirstOrDefaultAsync(token => token.Id == id, cancellationToken);
        return row is null ? null : row.Hash is null ? await directory.FindSessionTokenAsync(id, cancellationToken) : await directory.FindProxyTokenAsync(TokenHash.Parse(row.Hash), cancellationToken);
    }

    private async Task<bool> IsOwnAsync(string id, AdminCaller caller, CancellationToken cancellationToken)
    {
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        return await context.Tokens.AnyAsync(token => token.Id == id && token.MintedBy == caller.Name, cancellationToken);
    }
}
