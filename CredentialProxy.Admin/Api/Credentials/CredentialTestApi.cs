using CredentialProxy.Admin.Probing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Vault;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api.Credentials;

/// <summary>What came of trying a credential with its provider.</summary>
/// <param name="Ok">Whether the provider took the key.</param>
/// <param name="Result"><c>accepted</c>, <c>rejected</c>, <c>unexpected</c> (another status), <c>unreachable</c>, <c>timeout</c>, or <c>unusable</c> when the key can't be opened here.</param>
/// <param name="Status">The provider's HTTP status; null where none arrived.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Detail">What that means.</param>
public sealed record CredentialTest(bool Ok, string Result, int? Status, long DurationMs, string Detail);

/// <summary>Tries credentials with their providers.</summary>
internal sealed class CredentialTestApi(IDbContextFactory<StorageContext> storage, CredentialList list, CredentialVault vault, ProviderCatalog catalog, CredentialProbe probe)
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/credentials/{id}/test", (CredentialTestApi api, string id, CancellationToken stop) => api.TestAsync(id, stop)).WithTags("Credentials").Produces<CredentialTest>()
            .WithSummary("Tries a credential with its provider").WithDescription("Sends the key with a call that costs nothing, such as the list of models, to the provider's configured address. Follows no redirect, and shows nothing of the answer but its status.");

    /// <summary>Tries a credential, whether it is in use or not.</summary>
    public async Task<IResult> TestAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var row = await context.Credentials.AsNoTracking().FirstOrDefaultAsync(credential => credential.Id == id, cancellationToken);
        var known = row is null ? list.FindOfEnvironment(id) : null;
        var provider = (row?.Provider ?? known?.Provider) is { } name ? catalog.Find(name) : null;
        if (row is null && known is null)
        {
            return ApiProblem.NotFound("credential").ToResult();
        }
        if (provider is null || CredentialProbe.PathOf(provider) is not { } path)
        {
            return new ApiProblem(StatusCodes.Status409Conflict, "no_harmless_call", "No call of this provider is known that costs nothing, so its keys can't be tried.").ToResult();
        }
        var error = "";
        var secret = known?.Secret ?? vault.TryOpen(row!.SealedSecret, out error);
        if (secret is null)
        {
            return Results.Ok(new CredentialTest(false, "unusable", null, 0, $"The key can't be used here: {error}."));
        }
        return await probe.TryAsync(provider, path, secret, id, cancellationToken) is { } outcome
            ? Results.Ok(new CredentialTest(outcome.Result == "accepted", outcome.Result, outcome.Status, outcome.DurationMs, DetailOf(outcome, provider)))
            : new ApiProblem(StatusCodes.Status429TooManyRequests, "too_many_tests", "Enough keys are being tried at the moment; try again soon.") { RetryAfter = TimeSpan.FromSeconds(1) }.ToResult();
    }

    private static string DetailOf(in ProbeOutcome outcome, Provider provider) => outcome.Result switch
    {
        "accepted" => "The provider took the key.",
        "rejected" => "The provider refused the key.",
        "unreachable" => $"The provider could not be reached at {provider.BaseUrl.Authority}.",
        "timeout" => $"The provider at {provider.BaseUrl.Authority} did not answer in time.",
        _ => $"The provider answered neither success nor a refusal of the key, but status {outcome.Status}.",
    };
}
