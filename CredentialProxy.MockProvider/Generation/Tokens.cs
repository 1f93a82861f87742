using System.Text.Json.Nodes;
using Microsoft.ML.Tokenizers;

namespace CredentialProxy.MockProvider.Generation;

/// <summary>Counts tokens as OpenAI's newer models do, for all providers alike.</summary>
internal static class Tokens
{
    private static readonly Lazy<Tokenizer> O200k = new(() => TiktokenTokenizer.CreateForEncoding("o200k_base"));

    public static void WarmInBackground() => Task.Run(() => O200k.Value);

    /// <summary>Tokens of all text in a node, strings of media left out.</summary>
    public static int Count(params ReadOnlySpan<JsonNode?> nodes)
    {
        var count = 0;
        foreach (var node in nodes)
        {
            count += node switch
            {
                JsonObject members => CountMembers(members),
                JsonArray items => items.Sum(item => Count(item)),
                JsonValue value when value.TryGetValue<string>(out var text) => text.StartsWith("data:", StringComparison.Ordinal) ? 85 : O200k.Value.CountTokens(text),
                JsonValue value when value.TryGetValue<long>(out _) => 1,
                _ => 0,
            };
        }
        return count;
    }

    private static int CountMembers(JsonObject members)
    {
        var count = 0;
        foreach (var (name, value) in members)
        {
            count += name switch
            {
                "data" or "type" or "role" or "cache_control" => 0,
                _ => Count(value),
            };
        }
        // Each message is framed by a few tokens.
        return members.ContainsKey("role") ? count + 3 : count;
    }
}
