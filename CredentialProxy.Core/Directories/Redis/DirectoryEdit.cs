using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredentialProxy.Core.Directories.Redis;

/// <summary>An object to be written to the directory, or taken out of it.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Id">Its id.</param>
/// <param name="Document">What it is from now on; null when there is none any more.</param>
/// <param name="Hash">Of a proxy token, its hash.</param>
/// <param name="HasEnded">Of a token, whether it is revoked, disabled or gone, so that its running requests must end.</param>
public sealed record DirectoryEdit(DirectoryKind Kind, string Id, string? Document, string? Hash = null, bool HasEnded = false);

/// <summary>What the log tells of an edit; what became of the object is read from the directory itself.</summary>
internal sealed record DirectoryNotice
{
    [JsonPropertyName("k")]
    public required DirectoryKind Kind { get; init; }

    [JsonPropertyName("i")]
    public required string Id { get; init; }

    [JsonPropertyName("h")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Hash { get; init; }

    [JsonPropertyName("e")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HasEnded { get; init; }

    /// <summary>One entry of the log; empty where there is nothing to tell.</summary>
    public static string Write(IEnumerable<DirectoryEdit> edits)
    {
        // Of a hash that leads to a token the token tells.
        DirectoryNotice[] notices = [.. edits.Where(edit => edit.Kind != DirectoryKind.TokenHash || edit.Document is null).Select(edit => new DirectoryNotice { Kind = edit.Kind, Id = edit.Id, Hash = edit.Hash, HasEnded = edit.HasEnded })];
        return notices.Length == 0 ? "" : JsonSerializer.Serialize(notices);
    }

    /// <summary>Reads an entry; null when it is not one that this version knows.</summary>
    public static DirectoryNotice[]? Read(string entry)
    {
        try
        {
            return JsonSerializer.Deserialize<DirectoryNotice[]>(entry);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
