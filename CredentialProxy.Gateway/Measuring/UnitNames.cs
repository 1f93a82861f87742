using CredentialProxy.Core.Limits;

namespace CredentialProxy.Gateway.Measuring;

/// <summary>Units and windows of limits as labels.</summary>
internal static class UnitNames
{
    private static readonly string[] Units = [.. Enum.GetNames<LimitUnit>().Select(name => name.ToLowerInvariant())];
    private static readonly string[] Windows = [.. Enum.GetNames<LimitWindow>().Select(name => name.ToLowerInvariant())];

    public static string Of(LimitUnit unit) => Units[(int)unit];

    public static string Of(LimitWindow window) => Windows[(int)window];
}
