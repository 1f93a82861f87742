using StackExchange.Redis;

namespace CredentialProxy.Core.Objects.Redis;

/// <summary>A change of an object's owner, as the stream in Redis holds it until Postgres has it.</summary>
/// <param name="Instance">The process that made it.</param>
/// <param name="Number">Its number among the changes of that process.</param>
/// <param name="Owner">The owner.</param>
/// <param name="Stored">The object.</param>
/// <param name="Since">Since when it is the owner's, in Unix milliseconds.</param>
/// <param name="Ends">When it is forgotten, in Unix milliseconds; 0 for at once.</param>
/// <param name="IsAgain">Whether it was said again after a loss, so that the stream does not tell what was first.</param>
internal sealed record StreamedOwner(string Instance, long Number, string Owner, StoredObject Stored, long Since, long Ends, bool IsAgain)
{
    /// <summary>Longer than any name of an owner that a token may carry.</summary>
    public const int MaxOwnerLength = 4096;

    /// <summary>Reads an entry.</summary>
    /// <exception cref="FormatException">It is none that this version knows, or can't be kept.</exception>
    public static StreamedOwner Read(StreamEntry entry)
    {
        var stored = new StoredObject(Text(entry, "provider"), Text(entry, "kind"), Text(entry, "id"));
        var (owner, instance) = (Text(entry, "owner"), Text(entry, "by"));
        return stored.Id.Length <= StoredObject.MaxIdLength && owner.Length <= MaxOwnerLength
            ? new StreamedOwner(instance, Amount(entry, "number"), owner, stored, Amount(entry, "since"), Amount(entry, "ends"), entry["again"] == "1")
            : throw new FormatException("A name in it is too long.");
    }

    private static string Text(StreamEntry entry, string field)
    {
        var text = (string?)entry[field];
        return text is { Length: > 0 } && !text.Contains('\0', StringComparison.Ordinal) ? text : throw new FormatException($"Its field '{field}' is missing, or is no text.");
    }

    private static long Amount(StreamEntry entry, string field) => entry[field].TryParse(out long amount) && amount >= 0 ? amount : throw new FormatException($"Its field '{field}' is no number.");
}
