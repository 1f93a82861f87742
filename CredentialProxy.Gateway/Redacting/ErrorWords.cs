namespace CredentialProxy.Gateway.Redacting;

/// <summary>What tells within an answer that began well that an error follows: its member in JSON, or its name as an event. Every answer of some APIs says <c>"error": null</c>, which is none.</summary>
internal static class ErrorWords
{
    private static readonly byte[] Member = "\"error\""u8.ToArray();
    private static readonly byte[] Event = "event: error"u8.ToArray();

    /// <summary>The bytes that they are written in, and what may stand between the member and its value.</summary>
    public static IEnumerable<byte> Bytes => [.. Member, .. Event, .. " :"u8];

    /// <summary>Whether they may be in the text; false is certain.</summary>
    public static bool MayBeIn(ReadOnlySpan<byte> text)
    {
        if (text.IndexOf(Event) >= 0)
        {
            return true;
        }
        while (true)
        {
            var start = text.IndexOf(Member);
            if (start < 0)
            {
                return false;
            }
            text = text[start..];
            if (Begin(text))
            {
                return true;
            }
            text = text[Member.Length..];
        }
    }

    /// <summary>Whether the text begins with them.</summary>
    public static bool Begin(ReadOnlySpan<byte> text) => text.StartsWith(Event) || (text.StartsWith(Member) && AfterMember(text) is [not (byte)'n', ..]);

    /// <summary>Whether the text is their beginning as far as it goes.</summary>
    public static bool AreUndecided(ReadOnlySpan<byte> text) =>
        text.StartsWith(Member) ? AfterMember(text).IsEmpty : Member.AsSpan().StartsWith(text) || (Event.AsSpan().StartsWith(text) && text.Length < Event.Length);

    private static ReadOnlySpan<byte> AfterMember(ReadOnlySpan<byte> text) => text[Member.Length..].TrimStart(" :"u8);
}
