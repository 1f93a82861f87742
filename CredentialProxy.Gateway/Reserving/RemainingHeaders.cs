using CredentialProxy.Core.Limits;

namespace CredentialProxy.Gateway.Reserving;

/// <summary>The headers that tell a client what is left.</summary>
internal static class RemainingHeaders
{
    private static readonly (LimitUnit Unit, string Name)[] ByUnit =
    [
        (LimitUnit.Tokens, "x-credential-proxy-remaining-tokens"),
        (LimitUnit.Usd, "x-credential-proxy-remaining-usd"),
        (LimitUnit.Requests, "x-credential-proxy-remaining-requests"),
        (LimitUnit.Concurrent, "x-credential-proxy-remaining-concurrent"),
    ];

    public static IEnumerable<string> Names => ByUnit.Select(entry => entry.Name);

    /// <summary>
    /// Writes, for each unit that the request is limited in, the least that any of its accounts has left: neither spent nor held by open requests, this
    /// one among them.
    /// </summary>
    public static void Write(IHeaderDictionary headers, Reservation reservation)
    {
        foreach (var (unit, name) in ByUnit)
        {
            if (reservation.TryGetRemaining(unit, out var remaining))
            {
                remaining = Math.Max(0, remaining);
                headers[name] = unit == LimitUnit.Usd ? MicroUsd.Format(remaining) : remaining.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
        }
    }
}
