using System.Globalization;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>Amounts as the scripts answer them: decimal, with a space between.</summary>
internal static class RedisAmounts
{
    public static long[] Parse(string text) =>
        text.Length == 0 ? [] : [.. text.Split(' ').Select(amount => long.Parse(amount, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))];
}
