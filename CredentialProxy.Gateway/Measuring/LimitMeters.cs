using System.Diagnostics.Metrics;
using CredentialProxy.Core.Limits;
using CredentialProxy.Gateway.Tracing;
using CredentialProxy.ServiceDefaults.Telemetry;

namespace CredentialProxy.Gateway.Measuring;

/// <summary>
/// What is left of limits, as the ledger of this gateway knows it, and what it holds. Of projects and credentials alone: tokens are too many to be labels, and what one has left the control plane
/// tells (<c>GET /api/tokens/{id}</c>).
/// </summary>
internal sealed class LimitMeters
{
    /// <summary>Credentials that are told of, beside as many projects as metrics tell apart.</summary>
    private const int MaxCredentials = 100;

    private readonly QuotaLedger _ledger;
    private readonly BoundedLabels _accounts;

    public LimitMeters(IMeterFactory meters, QuotaLedger ledger, TelemetryOptions options)
    {
        _ledger = ledger;
        _accounts = new BoundedLabels(options.MaxProjects + MaxCredentials);
        var meter = meters.Create("CredentialProxy.Limits");
        meter.CreateObservableGauge("credential_proxy.limit.remaining", () => Observe(limit => limit.Left), "{unit}", "What is neither spent nor held of a limit of a project or a credential, as this gateway knows it.");
        meter.CreateObservableGauge("credential_proxy.limit.amount", () => Observe(limit => limit.Limit), "{unit}", "The limit itself.");
        meter.CreateObservableGauge("credential_proxy.reservations.open", () => ledger.OpenReservations, "{reservation}", "Reservations that are neither settled nor released.");
    }

    private IEnumerable<Measurement<double>> Observe(Func<LimitLeft, long> amount) => _ledger.Left()
        // What is left of several accounts together means nothing, so those beyond are not told of.
        .Where(limit => !limit.Counter.Account.IsToken && _accounts.Of(limit.Counter.Account.Value) != BoundedLabels.Other)
        .GroupBy(limit => limit.Counter)
        // Of several limits on one counter the tightest is what matters.
        .Select(limits => limits.MinBy(limit => limit.Left))
        .Select(limit => new Measurement<double>(
            InUnit(limit.Counter.Unit, amount(limit)),
            new(AttributeNames.Account, limit.Counter.Account.Value),
            new(AttributeNames.Unit, UnitNames.Of(limit.Counter.Unit)),
            new(AttributeNames.Window, UnitNames.Of(limit.Counter.Window))));

    private static double InUnit(LimitUnit unit, long amount) => unit == LimitUnit.Usd ? (double)MicroUsd.ToUsd(amount) : amount;
}
