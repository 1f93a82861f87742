using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace CredentialProxy.Admin.Listing;

/// <summary>Where a page of a list ends: the values that the list is sorted by, of the last object that was shown. Means nothing to clients.</summary>
/// <param name="Number">The first of them, where that is a number or a time.</param>
/// <param name="Text">The other, or the only one.</param>
internal readonly record struct Cursor(long Number, string Text)
{
    /// <summary>Longest cursor taken, in characters.</summary>
    private const int MaxLength = 1024;

    // The years 1 to 9999, within which every time lies that a cursor may stand for.
    private const long MinMs = -62_135_596_800_000;
    private const long MaxMs = 253_402_300_799_999;

    /// <summary>Of a time and an id.</summary>
    public static Cursor Of(DateTimeOffset time, string id) => new(time.ToUnixTimeMilliseconds(), id);

    /// <summary><see cref="Number"/> as a time.</summary>
    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(Number, MinMs, MaxMs));

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string text, out Cursor cursor)
    {
        cursor = default;
        if (text.Length is 0 or > MaxLength || !Base64Url.IsValid(text))
        {
            return false;
        }
        var plain = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text));
        var dot = plain.IndexOf('.', StringComparison.Ordinal);
        // A zero character, which Postgres takes in no text, never comes from a list.
        if (dot < 0 || plain.Contains('\0', StringComparison.Ordinal) || !long.TryParse(plain.AsSpan(0, dot), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }
        cursor = new Cursor(number, plain[(dot + 1)..]);
        return true;
    }

    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Number}.{Text}")));
}
