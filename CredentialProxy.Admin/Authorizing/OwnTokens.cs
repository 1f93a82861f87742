using CredentialProxy.Admin.Api;
using CredentialProxy.Core.Storage;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Authorizing;

/// <summary>Keeps a minter to the tokens that it made, where something is asked about a token.</summary>
internal sealed class OwnTokens(IDbContextFactory<StorageContext> storage)
{
    /// <summary>Refuses a minter that asks about all tokens, or about another's.</summary>
    public async Task<ApiProblem?> RefuseAsync(HttpContext http, string? tokenId)
    {
        var caller = http.Features.GetRequiredFeature<AdminCaller>();
        if (!caller.SeesOnlyItsOwn || caller.MayReadUsage)
        {
            return null;
        }
        if (tokenId is null)
        {
            return new ApiProblem(StatusCodes.Status403Forbidden, "admin_required", "A minter may ask about its own tokens only: name one in 'token'. Everything may be asked with the role 'admin' or 'viewer'.");
        }
        await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
        return await context.Tokens.AnyAsync(token => token.Id == tokenId && token.MintedBy == caller.Name, http.RequestAborted) ? null : ApiProblem.NotFound("token");
    }
}
