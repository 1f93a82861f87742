using System.Text.Json.Nodes;

namespace CredentialProxy.MockProvider.OpenAI;

/// <summary>A tool that the client runs, of those that a response may call: at the root, in a namespace, or given along with the input.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Namespace">The namespace it is in; null for none.</param>
/// <param name="IsCustom">Whether it takes free text in place of JSON.</param>
internal sealed record ResponsesTool(string Name, string? Namespace, bool IsCustom)
{
    /// <summary>The type of an item that calls it.</summary>
    public string CallType => IsCustom ? "custom_tool_call" : "function_call";

    /// <summary>The member of that item in which its arguments are.</summary>
    public string ArgumentsName => IsCustom ? "input" : "arguments";

    /// <summary>The part that names what is written of a call in the events of a stream.</summary>
    public string EventName => IsCustom ? "custom_tool_call_input" : "function_call_arguments";

    /// <summary>The tools on offer.</summary>
    public static IReadOnlyList<ResponsesTool> Of(JsonObject body)
    {
        var given = (body["input"] as JsonArray ?? []).OfType<JsonObject>().Where(item => (string?)item["type"] == "additional_tools").Select(item => item["tools"]);
        return [.. given.Prepend(body["tools"]).SelectMany(tools => Of(tools, null))];
    }

    private static IEnumerable<ResponsesTool> Of(JsonNode? tools, string? within)
    {
        foreach (var tool in (tools as JsonArray ?? []).OfType<JsonObject>())
        {
            if ((string?)tool["type"] == "namespace")
            {
                foreach (var inner in Of(tool["tools"], (string?)tool["name"]))
                {
                    yield return inner;
                }
            }
            else if ((string?)tool["name"] is { } name)
            {
                yield return new ResponsesTool(name, within, (string?)tool["type"] == "custom");
            }
        }
    }
}
