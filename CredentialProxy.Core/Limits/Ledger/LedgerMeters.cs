using System.Diagnostics.Metrics;

namespace CredentialProxy.Core.Limits.Ledger;

/// <summary>What ledgers measure.</summary>
internal static class LedgerMeters
{
    private static readonly Meter Meter = new("CredentialProxy.Ledger");

    private static readonly KeyValuePair<string, object?>[] Units = [.. Enum.GetNames<LimitUnit>().Select(name => KeyValuePair.Create("credential_proxy.unit", (object?)name.ToLowerInvariant()))];

    private static readonly Histogram<long> LeaseSizes = Meter.CreateHistogram(
        "credential_proxy.lease.size", "{unit}", "Amounts that were leased from the authority at once; micro-dollars where the unit is usd.", tags: null,
        new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000] });

    /// <summary>Reservations that requests left open which are over. There should be none.</summary>
    public static Counter<long> PhantomReservations { get; } =
        Meter.CreateCounter<long>("credential_proxy.phantom_reservations", "{reservation}", "Reservations whose request was over and that were charged in full.");

    /// <summary>Something was leased.</summary>
    public static void Leased(LimitUnit unit, long amount) => LeaseSizes.Record(amount, Units[(int)unit]);
}
