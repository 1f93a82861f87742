using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using CredentialProxy.MockProvider.Generation;

namespace CredentialProxy.MockProvider.OpenAI;

/// <summary>Embeddings, https://platform.openai.com/docs/api-reference/embeddings</summary>
internal static class Embeddings
{
    private const int Dimensions = 8;

    public static async Task AnswerAsync(Exchange exchange)
    {
        if (await OpenAIApi.ModelOfAsync(exchange) is not { } model)
        {
            return;
        }
        var input = exchange.Body!["input"];
        var count = input is JsonArray items && items.FirstOrDefault() is not JsonValue number ? items.Count : input is JsonArray texts && texts[0] is JsonValue first && first.TryGetValue<string>(out _) ? texts.Count : 1;
        var tokens = Tokens.Count(input);
        exchange.CountInput(model, tokens);
        var isBase64 = (string?)exchange.Body["encoding_format"] == "base64";
        await exchange.SendJsonAsync(
            model,
            new JsonObject
            {
                ["object"] = "list",
                ["data"] = new JsonArray([.. Enumerable.Range(0, count).Select(index => (JsonNode)new JsonObject { ["object"] = "embedding", ["index"] = index, ["embedding"] = Vector(index, isBase64) })]),
                ["model"] = model,
                ["usage"] = new JsonObject { ["prompt_tokens"] = tokens, ["total_tokens"] = tokens },
            },
            0);
    }

    /// <summary>The components of a vector that depends on its index alone.</summary>
    public static float[] Components(int index) => [.. Enumerable.Range(0, Dimensions).Select(i => (float)Math.Sin(index + i + 1))];

    private static JsonNode Vector(int index, bool isBase64)
    {
        var components = Components(index);
        return isBase64 ? Convert.ToBase64String(MemoryMarshal.AsBytes<float>(components)) : new JsonArray([.. components.Select(component => (JsonNode)component)]);
    }
}
