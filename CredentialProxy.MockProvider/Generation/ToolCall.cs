using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CredentialProxy.MockProvider.Generation;

/// <summary>
/// A tool that is called in place of a text. A prompt may ask for calls, <c>[[call:write_file {"path":"a.txt"}]]</c>: one an answer, in their order, each when the one before it
/// has its result. Where it asks for none, the first tool on offer is called once. When all have their results, a text follows, as agents expect.
/// </summary>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">Its arguments in JSON; null where the prompt asks for none.</param>
internal sealed partial record ToolCall(string Name, string? Arguments)
{
    /// <summary>Decides which call comes next; null for none.</summary>
    /// <param name="offered">The names of the tools on offer.</param>
    /// <param name="conversation">What was said so far, results of tools included.</param>
    public static ToolCall? Next(IReadOnlyCollection<string> offered, JsonNode? conversation)
    {
        if (offered.Count == 0)
        {
            return null;
        }
        var asked = new List<ToolCall>();
        var results = Read(conversation, asked);
        if (asked.Count == 0)
        {
            return results == 0 ? new ToolCall(offered.First(), null) : null;
        }
        return results < asked.Count && offered.Contains(asked[results].Name) ? asked[results] : null;
    }

    /// <summary>The call of a tool that takes free text: a prompt gives it as the member <c>input</c>.</summary>
    public ToolCall WithFreeText() => Arguments is null ? this : this with { Arguments = (string?)JsonNode.Parse(Arguments)?["input"] };

    // Collects the calls that the texts of a conversation ask for, and answers how many results it holds.
    private static int Read(JsonNode? node, List<ToolCall> asked)
    {
        switch (node)
        {
            case JsonObject members:
                // What a tool answered asks for nothing.
                return IsResult(members) ? 1 : members.Sum(member => Read(member.Value, asked));
            case JsonArray items:
                return items.Sum(item => Read(item, asked));
            case JsonValue value when value.TryGetValue<string>(out var text):
                asked.AddRange(Marker().Matches(text).Select(match => new ToolCall(match.Groups[1].Value, match.Groups[2].Value)));
                return 0;
            default:
                return 0;
        }
    }

    private static bool IsResult(JsonObject members) =>
        members.ContainsKey("functionResponse")
        || Text(members["type"]) is "tool_result" or "function_call_output" or "custom_tool_call_output"
        || (Text(members["role"]) == "tool" && members.ContainsKey("tool_call_id"));

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    [GeneratedRegex(@"\[\[call:(\S+) (\{.*?\})\]\]", RegexOptions.Singleline)]
    private static partial Regex Marker();
}
