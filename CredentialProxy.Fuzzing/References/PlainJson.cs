using System.Text.Json;
using CredentialProxy.Core.Inspection;

namespace CredentialProxy.Fuzzing.References;

/// <summary>JSON as System.Text.Json has it.</summary>
internal static class PlainJson
{
    private static readonly JsonDocumentOptions Any = new() { MaxDepth = RequestInspector.MaxDepth };
    private static readonly JsonDocumentOptions Unambiguous = new() { MaxDepth = RequestInspector.MaxDepth, AllowDuplicateProperties = false };

    /// <summary>The document; null for what is malformed.</summary>
    public static JsonDocument? TryParse(byte[] json) => TryParse(json, Any);

    /// <summary>The document in which no member is there twice; null for what is malformed, or can be read in two ways.</summary>
    public static JsonDocument? TryParseUnambiguous(byte[] json) => TryParse(json, Unambiguous);

    private static JsonDocument? TryParse(byte[] json, JsonDocumentOptions options)
    {
        try
        {
            return JsonDocument.Parse(json, options);
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException) when (!options.AllowDuplicateProperties)
        {
            // A name with half a surrogate pair can't be compared with others.
            return null;
        }
    }
}
