using System.Globalization;

namespace CredentialProxy.Admin.Api;

/// <summary>Times in requests.</summary>
internal static class Times
{
    private static readonly string[] Formats = ["yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"];

    /// <summary>When something ends, field <c>expiresAt</c>: a time to come, with an offset, since one without is another moment in every time zone. Null for one that is wrong.</summary>
    public static DateTimeOffset? ReadEnd(string text, DateTimeOffset now, FieldErrors errors)
    {
        var time = ReadMoment(text, "expiresAt", errors);
        errors.Require(time is null || time > now, "expiresAt", "must lie in the future");
        return time;
    }

    /// <summary>A time with an offset; null for one that is wrong.</summary>
    public static DateTimeOffset? ReadMoment(string text, string field, FieldErrors errors)
    {
        var isTime = DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            && (text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.Ordinal));
        errors.Require(isTime, field, "must be a time in ISO 8601 with an offset, such as 2027-01-31T12:00:00Z");
        return isTime ? time.ToUniversalTime() : null;
    }

    /// <summary>An end of a range of time; null where there is none, or a wrong one.</summary>
    public static DateTimeOffset? Read(string? text, string field, FieldErrors errors)
    {
        if (text is null)
        {
            return null;
        }
        var isTime = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time);
        errors.Require(isTime, field, "must be a time in ISO 8601, such as 2027-01-31T12:00:00Z");
        return isTime ? time : null;
    }
}
