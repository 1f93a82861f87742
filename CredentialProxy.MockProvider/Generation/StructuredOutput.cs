using System.Text.Json.Nodes;

namespace CredentialProxy.MockProvider.Generation;

/// <summary>The smallest answer that fits a JSON schema, as a model gives one that was asked for structured output.</summary>
internal static class StructuredOutput
{
    // A schema may refer to itself.
    private const int MaxDepth = 32;

    /// <summary>The answer to a format in the manner of OpenAI and Anthropic; null where it is any text.</summary>
    public static string? OfFormat(JsonNode? format) => format is not JsonObject members ? null : (string?)members["type"] switch
    {
        "json_schema" => OfSchema(members["schema"] ?? members["json_schema"]?["schema"]),
        "json_object" => OfSchema(null),
        _ => null,
    };

    /// <summary>The answer to a schema; an empty object where there is none.</summary>
    public static string OfSchema(JsonNode? schema) => schema is JsonObject ? Of(schema, schema, 0)?.ToJsonString() ?? "null" : "{}";

    private static JsonNode? Of(JsonNode? node, JsonNode root, int depth)
    {
        if (node is not JsonObject schema || depth == MaxDepth)
        {
            return null;
        }
        if (schema["enum"] is JsonArray { Count: > 0 } values)
        {
            return values[0]?.DeepClone();
        }
        if (schema["const"] is { } constant)
        {
            return constant.DeepClone();
        }
        if (schema["$ref"] is JsonValue reference)
        {
            return Of(Resolve(root, reference.GetValue<string>()), root, depth + 1);
        }
        if ((schema["anyOf"] ?? schema["oneOf"]) is JsonArray { Count: > 0 } choices)
        {
            return Of(choices[0], root, depth + 1);
        }
        return TypeOf(schema) switch
        {
            "string" => "The quick brown fox",
            "integer" or "number" => schema["minimum"]?.DeepClone() ?? 1,
            "boolean" => true,
            "array" => new JsonArray([.. Enumerable.Range(0, (int?)schema["minItems"] ?? 0).Select(_ => Of(schema["items"], root, depth + 1))]),
            "null" => null,
            _ => Members(schema, root, depth),
        };
    }

    private static JsonObject Members(JsonObject schema, JsonNode root, int depth)
    {
        var properties = schema["properties"] as JsonObject ?? [];
        var required = schema["required"] is JsonArray names ? names.Select(name => (string)name!) : properties.Select(property => property.Key);
        return new JsonObject(required.Select(name => KeyValuePair.Create(name, Of(properties[name], root, depth + 1))));
    }

    // Google writes types in capitals; several types are a choice.
    private static string? TypeOf(JsonObject schema) => ((string?)(schema["type"] is JsonArray types ? types[0] : schema["type"]))?.ToLowerInvariant();

    private static JsonNode? Resolve(JsonNode root, string reference) =>
        reference.Split('/').Skip(1).Aggregate((JsonNode?)root, (node, name) => (node as JsonObject)?[name]);
}
