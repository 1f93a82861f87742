using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Limits;
using CredentialProxy.Gateway.Swapping;

namespace CredentialProxy.Gateway.Reserving;

/// <summary>
/// Holds the worst case of a request against every account it is charged to: the token's, the project's, and that of the credential it will use. Of a
/// provider's credentials the first that has room is taken.
/// </summary>
internal sealed class Reserver(QuotaLedger ledger, CredentialPool pool, GatewayOptions options)
{
    /// <summary>A token, its project and a credential have seldom more limits in tokens and dollars than this; with others at work on them too, a request could be lowered for ever.</summary>
    private const int MostClamps = 8;

    /// <summary>Reserves, or says which limit stood in the way.</summary>
    public async ValueTask<Refusal?> ReserveAsync(ProxyRequest request)
    {
        var provider = request.Route.Provider.Name;
        var credentials = pool.Of(provider, request.Token.Grant.CredentialId, out var start);
        if (credentials.Length == 0)
        {
            return MissingCredential(provider, request.Token.Grant.CredentialId);
        }
        LimitShortage? shortage = null;
        Refusal? unmetered = null;
        for (var i = 0; i < credentials.Length; i++)
        {
            var credential = credentials[(start + i) % credentials.Length];
            var forced = default(BodyEdits);
            if (credential.IsSpendLimited && (request.Price is null || !request.Token.IsSpendLimited) && Hold(request, provider, out forced) is { } cantHold)
            {
                unmetered = cantHold;
                continue;
            }
            var isHeld = request.IsHeld || credential.IsSpendLimited;
            var (outcome, clamp) = await TryAsync(request, credential, isHeld);
            if (outcome.Reservation is not null)
            {
                request.Edits = request.Edits.With(forced).With(clamp);
                request.IsHeld = isHeld;
                request.Reservation = outcome.Reservation;
                request.Credential = credential;
                return null;
            }
            if (outcome.IsUnavailable)
            {
                return Unavailable;
            }
            shortage = outcome.Shortage;
            if (credential.Accounts is null || shortage?.Account != credential.Credential.Account)
            {
                // Not this credential's own limit: no other credential would do better.
                break;
            }
        }
        return shortage is null ? unmetered ?? MissingCredential(provider, null) : ShortageRefusal.Of(shortage);
    }

    // The credential has a limit in tokens or dollars where the token has none, or has been granted what no meter sees.
    private Refusal? Hold(ProxyRequest request, string provider, out BodyEdits forced)
    {
        forced = default;
        if (request.Price is null)
        {
            return request.Route.Endpoint!.IsUnmetered ? NoneWithoutLimit(provider) : null;
        }
        return FeatureGate.Check(request.Judged, isLimited: true) ?? BodyHold.TryHold(request.Judged, options.HostedToolCalls, out forced);
    }

    private static Refusal NoneWithoutLimit(string provider) => new(
        RefusalCode.UnmeteredEndpoint, $"What this call costs can't be metered, and every credential for provider '{provider}' has a limit in tokens or dollars.")
    { IsFinal = true };

    private static readonly Refusal Unavailable =
        new(RefusalCode.AccountsUnavailable, "The accounts can't be written at the moment, so nothing may be spent. Try again soon.") { RetryAfter = TimeSpan.FromSeconds(1) };

    // Where the output limit may be lowered, it is until it fits the last of the limits that stood in the way.
    private async ValueTask<(ReserveOutcome Outcome, BodyEdits Clamp)> TryAsync(ProxyRequest request, PreparedCredential credential, bool isHeld)
    {
        var outcome = await TryAsync(request, credential, WorstCase.Of(request.Judged, isHeld, options.HostedToolCalls));
        for (var round = 0; round < MostClamps && options.ClampOutputToRemaining && outcome.Shortage is { } shortage; round++)
        {
            if (!OutputClamp.TryFit(request, isHeld, options.HostedToolCalls, shortage, out var clamp, out var fitting))
            {
                break;
            }
            outcome = await TryAsync(request, credential, fitting);
            if (outcome.Reservation is not null)
            {
                return (outcome, clamp);
            }
        }
        return (outcome, default);
    }

    private ValueTask<ReserveOutcome> TryAsync(ProxyRequest request, PreparedCredential credential, Demand worstCase) =>
        ledger.ReserveAsync(request.Token.Accounts, credential.Accounts, worstCase, request, request.Context.RequestAborted);

    private static Refusal MissingCredential(string provider, string? credentialId) => new(
        RefusalCode.CredentialUnavailable,
        credentialId is null
            ? $"No credential for provider '{provider}' is set up. An operator can add one over the control API or in the provider's environment variable."
            : $"The credential that this token names is not among those of provider '{provider}'.")
    { IsFinal = true };
}
