using CredentialProxy.Admin.Authorizing;

namespace CredentialProxy.Admin.Api.Tokens;

/// <summary>The routes of tokens.</summary>
internal static class TokenRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/tokens").WithTags("Tokens");
        group.MapPost("/", (TokensApi api, TokenRequest request, HttpContext http) => api.CreateAsync(request, http))
            .Allow(AdminRole.Minter).Produces<TokenDocument>(StatusCodes.Status201Created)
            .WithSummary("Makes a token").WithDescription("The answer alone holds the token. Takes an Idempotency-Key; the same call again is answered 409 with the id of the token that it made.");
        group.MapGet("/", (TokenList list, [AsParameters] TokenFilter filter, HttpContext http) => list.AnswerAsync(filter, http))
            .Allow(AdminRole.Viewer, AdminRole.Minter).Produces<TokenPage>().WithSummary("Lists tokens, newest first").WithDescription("A page at a time; a minter sees those that it made.");
        group.MapGet("/{id}", (TokensApi api, string id, HttpContext http) => api.GetAsync(id, http))
            .Allow(AdminRole.Viewer, AdminRole.Minter).Produces<TokenDocument>().WithSummary("Shows a token and what is left of its limits");
        group.MapPatch("/{id}", (TokensApi api, string id, TokenRequest request, HttpContext http) => api.ChangeAsync(id, request, http))
            .Allow(AdminRole.Minter).Produces<TokenDocument>().WithSummary("Changes what the request states").WithDescription("With If-Match, only the version that it names. The next request of the token meets the change.");
        group.MapPost("/{id}/revoke", (TokensApi api, string id, HttpContext http) => api.RevokeAsync(id, http))
            .Allow(AdminRole.Minter).Produces<RevokedToken>().WithSummary("Revokes a token for good").WithDescription("A session token minted elsewhere is revoked by its jti. What is running is ended.");
        group.MapDelete("/{id}", (TokensApi api, string id, HttpContext http) => api.DeleteAsync(id, http))
            .Allow(AdminRole.Minter).Produces(StatusCodes.Status204NoContent).WithSummary("Deletes a token; its usage stays");
    }
}
