using System.Globalization;

namespace CredentialProxy.Admin.Storage;

/// <summary>A calendar month, UTC.</summary>
/// <param name="Number">Months since the year 0.</param>
internal readonly record struct Month(int Number)
{
    /// <summary>The next one.</summary>
    public Month Next => new(Number + 1);

    /// <summary>First moment, Unix milliseconds.</summary>
    public long StartMs => new DateTimeOffset(Number / 12, (Number % 12) + 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    /// <summary>The month of a moment.</summary>
    public static Month Of(DateTimeOffset time) => new((time.UtcDateTime.Year * 12) + time.UtcDateTime.Month - 1);

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static Month Parse(string text) => Of(DateTimeOffset.ParseExact(text, "yyyy_MM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));

    /// <summary>For example <c>2027_01</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number / 12:D4}_{(Number % 12) + 1:D2}");
}
