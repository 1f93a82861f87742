using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Objects;

namespace CredentialProxy.Gateway.Ownership;

/// <summary>
/// Gives a file that is uploaded in pieces its name (https://ai.google.dev/api/files#method:-media.upload). The provider answers the first request with an address to which the client sends the bytes
/// by itself, and only the answer to the last of them would tell the name: it would belong to nobody. So the gateway puts a name of its own into the first request; one that the client chose could
/// be that of another's file.
/// </summary>
internal static class UploadNaming
{
    private const int NameLength = 32;
    private const string NameCharacters = "0123456789abcdefghijklmnopqrstuvwxyz";

    private static readonly Refusal NotJson =
        new(RefusalCode.InvalidRequestBody, "The first request of an upload must be a JSON object that describes the file: {\"file\":{…}}.") { Parameter = "file", IsFinal = true };

    private static readonly Refusal NotYours =
        new(RefusalCode.InvalidRequestBody, "'file.name' must be left out: the gateway names the file, and its answers tell the name.") { Parameter = "file.name", IsFinal = true };

    /// <summary>Whether a request begins such an upload.</summary>
    public static bool Begins(IHeaderDictionary headers) => headers["x-goog-upload-command"].ToString().Contains("start", StringComparison.OrdinalIgnoreCase)
        && headers["x-goog-upload-protocol"].ToString().Contains("resumable", StringComparison.OrdinalIgnoreCase);

    /// <summary>Puts the name in.</summary>
    public static Refusal? Apply(ProxyRequest request)
    {
        var id = RandomNumberGenerator.GetString(NameCharacters, NameLength);
        BodyEdit? edit;
        try
        {
            var reader = new Utf8JsonReader(request.Body!.Content, new JsonReaderOptions { MaxDepth = RequestInspector.MaxDepth });
            if (Find(ref reader, "\"name\":\"files/" + id + "\"", out edit) is { } refusal)
            {
                return refusal;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IndexOutOfRangeException)
        {
            return NotJson;
        }
        var kind = request.Route.Endpoint!.Makes!.KindOf("file.name");
        request.Edits = request.Edits.With(edit!.Value);
        request.Named = new OwnedObject(new StoredObject(request.Route.Provider.Name, kind.Name, id), kind.KeptDays);
        return null;
    }

    // The name goes right behind the brace of "file", or with it behind the body's own.
    private static Refusal? Find(ref Utf8JsonReader reader, string name, out BodyEdit? edit)
    {
        edit = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return NotJson;
        }
        var insideRoot = reader.BytesConsumed;
        var isEmpty = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            isEmpty = false;
            var isFile = reader.ValueTextEquals("file"u8);
            reader.Read();
            if (!isFile)
            {
                reader.Skip();
                continue;
            }
            if (edit is not null || reader.TokenType != JsonTokenType.StartObject)
            {
                return NotJson;
            }
            if (FindInFile(ref reader, name, out edit) is { } refusal)
            {
                return refusal;
            }
        }
        // What follows the object is no JSON, and the reader says so.
        reader.Read();
        edit ??= Insert(insideRoot, "\"file\":{" + name + "}", isEmpty);
        return null;
    }

    private static Refusal? FindInFile(ref Utf8JsonReader reader, string name, out BodyEdit? edit)
    {
        var inside = reader.BytesConsumed;
        var isEmpty = true;
        edit = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            isEmpty = false;
            if (reader.ValueTextEquals("name"u8))
            {
                return NotYours;
            }
            reader.Skip();
        }
        edit = Insert(inside, name, isEmpty);
        return null;
    }

    private static BodyEdit Insert(long at, string text, bool isEmpty) => new(at, 0, Encoding.ASCII.GetBytes(isEmpty ? text : text + ","));
}
