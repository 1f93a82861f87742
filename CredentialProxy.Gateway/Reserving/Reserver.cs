using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Limits;
using CredentialProxy.Gateway.Inspection;
using CredentialProxy.Gateway.Refusals;
using CredentialProxy.Gateway.Swapping;

namespace CredentialProxy.Gateway.Reserving;

/// <summary>
/// Holds the worst case of a request against every account it is charged to: the token's, the project's, and that of the credential it will use. Of a
/// provider's credentials the first that has room is taken.
/// </summary>
internal sealed class Reserver(QuotaLedger ledger, CredentialPool pool, GatewayOptions options)
{
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
            var outcome = await TryAsync(request, credential, WorstCase.Of(request, isHeld, options.HostedToolCalls));
            if (outcome.Reservation is null && outcome.Shortage is { } short1 && options.ClampOutputToRemaining
                && OutputClamp.TryFit(request, isHeld, options.HostedToolCalls, short1, out var edits, out var fitting))
            {
                outcome = await TryAsync(request, credential, fitting);
                forced = outcome.Reservation is null ? forced : forced.With(edits);
            }
            if (outcome.Reservation is not null)
            {
                request.Edits = request.Edits.With(forced);
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
        return shortage is null ? unmetered ?? MissingCredential(provider, null) : Explain(shortage);
    }

    // The credential has a limit in tokens or dollars where the token has none, or has been granted what no meter sees.
    private Refusal? Hold(ProxyRequest request, string provider, out BodyEdits forced)
    {
        forced = default;
        if (request.Price is null)
        {
            return request.Route.Endpoint!.IsUnmetered ? NoneWithoutLimit(provider) : null;
        }
        return FeatureGate.Check(request, isLimited: true) ?? BodyHold.TryHold(request, options, out forced);
    }

    private static Refusal NoneWithoutLimit(string provider) => new(
        RefusalCode.UnmeteredEndpoint, $"What this call costs can't be metered, and every credential for provider '{provider}' has a limit in tokens or dollars.")
    { IsFinal = true };

    private static readonly Refusal Unavailable =
        new(RefusalCode.AccountsUnavailable, "The accounts can't be written at the moment, so nothing may be spent. Try again soon.") { RetryAfter = TimeSpan.FromSeconds(1) };

    private ValueTask<ReserveOutcome> TryAsync(ProxyRequest request, PreparedCredential credential, Demand worstCase) =>
        ledger.ReserveAsync(request.Token.Accounts, credential.Accounts, worstCase, request, request.Context.RequestAborted);

    private static Refusal MissingCredential(string provider, string? credentialId) => new(
        RefusalCode.CredentialUnavailable,
        credentialId is null
            ? $"No credential for provider '{provider}' is set up. An operator can add one over the control API or in the provider's environment variable."
            : $"The credential that this token names is not among those of provider '{provider}'.")
    { IsFinal = true };

    private static Refusal Explain(LimitShortage shortage)
    {
        var limit = shortage.Limit;
        var code = limit.Unit switch
        {
            LimitUnit.Concurrent => RefusalCode.ConcurrencyLimitExceeded,
            LimitUnit.Requests => RefusalCode.RateLimitExceeded,
            _ => limit.Window is LimitWindow.Minute or LimitWindow.Second ? RefusalCode.RateLimitExceeded : RefusalCode.BudgetExceeded,
        };
        var (unit, amount, left) = limit.Unit == LimitUnit.Usd
            ? ("USD", MicroUsd.Format(limit.Amount), MicroUsd.Format(Math.Max(0, shortage.Remaining)))
            : (limit.Unit.ToString().ToLowerInvariant(), limit.Amount.ToString(System.Globalization.CultureInfo.InvariantCulture),
                Math.Max(0, shortage.Remaining).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var kind = shortage.Account.Value[..shortage.Account.Value.IndexOf(':', StringComparison.Ordinal)];
        var window = limit is { Unit: LimitUnit.Concurrent } ? "at a time" : $"per {limit.Window.ToString().ToLowerInvariant()}";
        return new Refusal(code, $"The {kind}'s limit of {amount} {unit} {window} has {left} left, which the most this request can use does not fit in.")
        {
            RetryAfter = shortage.RetryAfter,
            IsFinal = shortage.RetryAfter is null,
        };
    }
}
