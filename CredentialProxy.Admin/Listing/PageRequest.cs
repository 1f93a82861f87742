using CredentialProxy.Admin.Api;

namespace CredentialProxy.Admin.Listing;

/// <summary>A page of a list: how many objects at most, and after which.</summary>
/// <param name="Size">How many.</param>
/// <param name="After">After which; null for the first page.</param>
internal readonly record struct PageRequest(int Size, Cursor? After)
{
    /// <summary>Objects in a page where nothing else is asked for.</summary>
    public const int DefaultSize = 50;

    /// <summary>Most objects in a page.</summary>
    public const int MaxSize = 200;

    /// <summary>Reads the parameters.</summary>
    public static PageRequest Read(int? limit, string? cursor, FieldErrors errors)
    {
        errors.Require(limit is null or (>= 1 and <= MaxSize), "limit", $"must be from 1 to {MaxSize}");
        var isCursor = Cursor.TryParse(cursor ?? "", out var after);
        errors.Require(cursor is null || isCursor, "cursor", "must be one that this list has answered");
        return new PageRequest(limit ?? DefaultSize, isCursor ? after : null);
    }

    /// <summary>The page, and the cursor of the next one where one more was read than fits.</summary>
    public (List<T> Page, string? Next) Cut<T>(List<T> rows, Func<T, Cursor> cursorOf)
    {
        var next = rows.Count > Size ? cursorOf(rows[Size - 1]).ToString() : null;
        return (rows.Count > Size ? rows[..Size] : rows, next);
    }
}
