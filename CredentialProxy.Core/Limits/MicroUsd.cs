using System.Globalization;

namespace CredentialProxy.Core.Limits;

/// <summary>Money as integer micro-dollars (1 USD = 1,000,000) and as the decimal dollars that people and the API read.</summary>
public static class MicroUsd
{
    /// <summary>Micro-dollars in a dollar.</summary>
    public const long PerUsd = 1_000_000;

    /// <summary>Dollars with up to six decimals, for example <c>0.25</c>.</summary>
    public static string Format(long microUsd) => ToUsd(microUsd).ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>Dollars, exactly.</summary>
    public static decimal ToUsd(long microUsd) => (decimal)microUsd / PerUsd;

    /// <summary>Reads dollars of at most six decimals, from 0 to <see cref="Limit.MaxAmount"/> micro-dollars; false for anything else.</summary>
    public static bool TryFromUsd(decimal usd, out long microUsd)
    {
        microUsd = 0;
        if (usd < 0 || usd > ToUsd(Limit.MaxAmount) || decimal.Truncate(usd * PerUsd) != usd * PerUsd)
        {
            return false;
        }
        microUsd = (long)(usd * PerUsd);
        return true;
    }
}
