using System.Globalization;

namespace CredentialProxy.Core.Limits;

/// <summary>Money as integer micro-dollars (1 USD = 1,000,000) and as the decimal dollars that people and the API read.</summary>
public static class MicroUsd
{
    /// <summary>Micro-dollars in a dollar.</summary>
    public const long PerUsd = 1_000_000;

    /// <summary>Dollars with up to six decimals, for example <c>0.25</c>.</summary>
    public static string Format(long microUsd)
    {
        Span<char> text = stackalloc char[32];
        (microUsd / PerUsd).TryFormat(text, out var length, provider: CultureInfo.InvariantCulture);
        var fraction = Math.Abs(microUsd % PerUsd);
        if (fraction == 0)
        {
            return text[..length].ToString();
        }
        if (microUsd is < 0 and > -PerUsd)
        {
            "-0".CopyTo(text);
            length = 2;
        }
        text[length] = '.';
        fraction.TryFormat(text[(length + 1)..], out var digits, "000000", CultureInfo.InvariantCulture);
        return text[..(length + 1 + digits)].TrimEnd('0').ToString();
    }

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
