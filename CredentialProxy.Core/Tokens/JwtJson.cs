using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace CredentialProxy.Core.Tokens;

/// <summary>A part of a JWT: a JSON object whose members are each there once (RFC 7519 §4), read by type and not by guess.</summary>
internal readonly struct JwtJson
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    private readonly JsonElement _object;

    private JwtJson(JsonElement element) => _object = element;

    public static bool TryDecode(string part, out JwtJson json)
    {
        json = default;
        try
        {
            var utf8 = Base64Url.DecodeFromChars(part);
            using var document = JsonDocument.Parse(utf8, Strict);
            // The parser looks at what is around strings only: one that is not UTF-8 (RFC 7519 §7.2) would fail where it is asked for.
            if (document.RootElement.ValueKind != JsonValueKind.Object || !Utf8.IsValid(utf8))
            {
                return false;
            }
            // Writing it out reads every name and string once: one that is no text, such as half a surrogate pair, fails here and not where it is asked for.
            using var writer = new Utf8JsonWriter(Stream.Null);
            document.RootElement.WriteTo(writer);
            json = new JwtJson(document.RootElement.Clone());
            return true;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }

    public bool Has(string name) => _object.TryGetProperty(name, out _);

    /// <summary>The string of this name, null when it is not there; false when it is something else.</summary>
    public bool TryGetString(string name, out string? value)
    {
        value = null;
        if (!_object.TryGetProperty(name, out var element))
        {
            return true;
        }
        if (element.ValueKind != JsonValueKind.String)
        {
            return false;
        }
        value = element.GetString();
        return true;
    }

    /// <summary>The whole number of this name, null when it is not there; false when it is something else.</summary>
    public bool TryGetInteger(string name, out long? value)
    {
        value = null;
        if (!_object.TryGetProperty(name, out var element))
        {
            return true;
        }
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out var number))
        {
            return false;
        }
        value = number;
        return true;
    }

    /// <summary>The text of the object of this name; null when it is not there or something else.</summary>
    public string? ObjectText(string name) =>
        _object.TryGetProperty(name, out var element) && element.ValueKind == JsonValueKind.Object ? element.GetRawText() : null;

    /// <summary>Whether the member is this string or an array that holds it.</summary>
    public bool HoldsString(string name, string wanted) => _object.TryGetProperty(name, out var element) && element.ValueKind switch
    {
        JsonValueKind.String => element.ValueEquals(wanted),
        JsonValueKind.Array => element.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.String && item.ValueEquals(wanted)),
        _ => false,
    };
}
