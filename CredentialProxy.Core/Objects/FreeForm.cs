using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Objects;

/// <summary>Members whose values are the client's or the model's own, in which a provider looks for no object: schemas, arguments of tool calls, metadata.</summary>
internal static class FreeForm
{
    // Text in the bodies of endpoints without a dialect, where a value that looks like an id would otherwise be taken for one.
    private static readonly string[] Texts =
    [
        "name", "display_name", "displayName", "title", "description", "instructions", "prompt", "text", "content", "filename", "purpose", "labels", "label", "user", "safety_identifier",
        "prompt_cache_key", "custom_id",
    ];

    /// <summary>Whether the member's value is passed over with all that is in it.</summary>
    public static bool Is(string name, int depth, Dialect dialect) => name switch
    {
        "metadata" => true,
        "parameters" or "schema" or "input_schema" or "inputSchema" or "parametersJsonSchema" or "parameters_json_schema" => true,
        "responseSchema" or "response_schema" or "responseJsonSchema" or "response_json_schema" or "_responseJsonSchema" => true,
        "args" or "response" => dialect is Dialect.GeminiGenerate or Dialect.None,
        "input" => dialect == Dialect.AnthropicMessages && depth > 1,
        _ => false,
    };

    /// <summary>Whether a string there is text whatever it looks like.</summary>
    public static bool IsText(string name) => Texts.Contains(name);
}
