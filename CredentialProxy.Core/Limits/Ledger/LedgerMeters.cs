using System.Diagnostics.Metrics;

namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>What ledgers measure.</summary>
internal static class LedgerMeters
{
    private static readonly Meter Meter = new("CredentialProxy.Ledger");

    /// <summary>Reservations that requests left open which are over. There should be none.</summary>
    public static Counter<long> PhantomReservations { get; } =
        Meter.CreateCounter<long>("credential_proxy.phantom_reservations", "{reservation}", "Reservations whose request was over and that were charged in full.");
}
