using CredentialProxy.Admin.Auditing;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Issuing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api.Tokens;

/// <summary>A session token to be minted that stands on its own claims.</summary>
public sealed record MintRequest
{
    /// <summary>The workspace.</summary>
    public string? Sub { get; init; }

    /// <summary>The provider's name.</summary>
    public string? Provider { get; init; }

    /// <summary>Id or label of the credential; none for any.</summary>
    public string? CredentialId { get; init; }

    /// <summary>Budget of the workspace in tokens; none for no limit by this token.</summary>
    public long? Budget { get; init; }

    /// <summary>Lifetime in seconds; 900 when absent.</summary>
    public long? TtlSeconds { get; init; }
}

/// <summary>A session token to be verified.</summary>
public sealed record VerifyRequest
{
    /// <summary>The token.</summary>
    public string? Token { get; init; }
}

/// <summary>A session token that was minted.</summary>
/// <param name="Id">Its <c>jti</c>.</param>
/// <param name="Token">The token.</param>
public sealed record MintedToken(string Id, string Token);

/// <summary>Mints and verifies session tokens of which no grant is kept.</summary>
internal sealed class SessionTokensApi(IDbContextFactory<StorageContext> storage, SessionTokenMinter minter, TokenSigners signers, SessionTokenVerifier verifier, ProviderCatalog catalog, TimeProvider time)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/session-tokens").WithTags("Session tokens");
        group.MapPost("/", (SessionTokensApi api, MintRequest request, HttpContext http) => api.MintAsync(request, http)).Produces<MintedToken>(StatusCodes.Status201Created)
            .WithSummary("Mints a session token that stands on its own claims").WithDescription("Nothing is kept of it but an entry in the audit log; it can be revoked by its id.");
        group.MapPost("/verify", (SessionTokensApi api, VerifyRequest request) => api.VerifyAsync(request)).Allow(AdminRole.Viewer)
            .WithSummary("Verifies a session token").WithDescription("Answers 200 whether it is valid or not, and says which.");
    }

    /// <summary>Mints a token; what no verifier would accept is refused here.</summary>
    public async Task<IResult> MintAsync(MintRequest request, HttpContext http)
    {
        var errors = new FieldErrors();
        errors.Require(request.Sub is { Length: > 0 and <= 256 } && !request.Sub.Any(char.IsControl), "sub", "must be 1 to 256 characters, none of them a control character");
        errors.Require(request.Provider is not null && catalog.Contains(request.Provider), "provider", $"must be among {string.Join(", ", catalog.Names)}");
        errors.Require(request.CredentialId is null or { Length: <= 256 }, "credentialId", "must be at most 256 characters");
        errors.Require(request.Budget is null or (>= 0 and <= Core.Limits.Limit.MaxAmount), "budget", "must be a whole number of tokens, at least 0");
        errors.Require(request.TtlSeconds is null or (> 0 and <= int.MaxValue), "ttlSeconds", "must be a whole number of seconds, at least 1");
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        try
        {
            var id = ObjectIds.New("ses");
            await using var context = await storage.CreateDbContextAsync(http.RequestAborted);
            // What others who share the secret mint, they can also prove.
            var signer = minter.HasSharedSecret ? null : await signers.ActiveAsync(context, http.RequestAborted);
            var token = minter.Mint(
                new SessionTokenRequest
                {
                    Subject = request.Sub!,
                    Provider = request.Provider!,
                    CredentialId = request.CredentialId,
                    Budget = request.Budget,
                    Lifetime = request.TtlSeconds is { } ttl ? TimeSpan.FromSeconds(ttl) : null,
                },
                id,
                signer);
            context.Note(http, time, "session-token.mint", id, null, request);
            await context.SaveChangesAsync(CancellationToken.None);
            return Results.Created((string?)null, new MintedToken(id, token));
        }
        catch (ArgumentException e)
        {
            return ApiProblem.Invalid(new Dictionary<string, string> { ["ttlSeconds"] = e.Message.Split(" (Parameter")[0] }).ToResult();
        }
    }

    /// <summary>Verifies a token.</summary>
    public async Task<IResult> VerifyAsync(VerifyRequest request)
    {
        if (string.IsNullOrEmpty(request.Token))
        {
            return ApiProblem.Invalid(new Dictionary<string, string> { ["token"] = "must be there" }).ToResult();
        }
        var verified = await verifier.VerifyAsync(request.Token);
        return verified.Claims is { } claims
            ? Results.Ok(new { valid = true, claims = new { sub = claims.Subject, provider = claims.Provider, credentialId = claims.CredentialId, budget = claims.Budget, jti = claims.Id, expiresAt = claims.ExpiresAt.AddSeconds(-SessionTokenOptions.ClockToleranceSeconds) } })
            : Results.Ok(new { valid = false, code = verified.IsExpired ? "token_expired" : "invalid_token", reason = verified.Reason });
    }
}
