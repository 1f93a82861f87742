using System.Text.Json.Nodes;
using CredentialProxy.MockProvider.Generation;
using CredentialProxy.MockProvider.Storing;

namespace CredentialProxy.MockProvider.OpenAI;

/// <summary>OpenAI's API, which OpenRouter and Gemini speak too.</summary>
internal static class OpenAIApi
{
    public static void Map(WebApplication app, string prefix, bool isOpenRouter)
    {
        app.MapPost(prefix + "/v1/chat/completions", context => ChatCompletions.AnswerAsync(Exchange.Of(context), isOpenRouter));
        app.MapPost(prefix + "/v1/completions", context => TextCompletions.AnswerAsync(Exchange.Of(context)));
        app.MapPost(prefix + "/v1/responses", (HttpContext context, ObjectStore store) => ResponsesApi.AnswerAsync(Exchange.Of(context), store));
        app.MapPost(prefix + "/v1/embeddings", context => Embeddings.AnswerAsync(Exchange.Of(context)));
        if (isOpenRouter)
        {
            return;
        }
        app.MapPost("/v1beta/openai/chat/completions", context => ChatCompletions.AnswerAsync(Exchange.Of(context), isOpenRouter: false));
        app.MapPost("/v1beta/openai/embeddings", context => Embeddings.AnswerAsync(Exchange.Of(context)));
        app.MapPost("/v1/images/generations", context => Media.ImageAsync(Exchange.Of(context)));
        app.MapPost("/v1/audio/speech", context => Media.SpeechAsync(Exchange.Of(context)));
        app.MapPost("/v1/audio/transcriptions", context => Media.TranscriptionAsync(Exchange.Of(context)));
        app.MapPost("/v1/moderations", context => Exchange.Of(context).SendJsonAsync("", new JsonObject { ["id"] = "modr-1", ["model"] = "omni-moderation-latest", ["results"] = new JsonArray() }, 0));
    }

    /// <summary>The model a request names, refused where there is none or it is unknown.</summary>
    public static async Task<string?> ModelOfAsync(Exchange exchange)
    {
        if (exchange.Body?["model"] is JsonValue value && value.TryGetValue<string>(out var model) && model.Length > 0)
        {
            if (model != "unknown-model")
            {
                return model;
            }
            await exchange.FailAsync(StatusCodes.Status404NotFound, $"The model `{model}` does not exist or you do not have access to it.");
            return null;
        }
        await exchange.FailAsync(StatusCodes.Status400BadRequest, "you must provide a model parameter");
        return null;
    }

    /// <summary>The tool that is called, of those on offer.</summary>
    public static ToolCall? CallOf(JsonObject body, JsonNode? conversation) =>
        ToolCall.Next([.. (body["tools"] as JsonArray ?? []).OfType<JsonObject>().Select(tool => (string?)tool["function"]?["name"] ?? (string?)tool["name"]).OfType<string>()], conversation);

    public static long? Limit(JsonObject body, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (body[name] is JsonValue value && value.TryGetValue<long>(out var limit))
            {
                return limit;
            }
        }
        return null;
    }

    public static bool IsStream(JsonObject body) => body["stream"] is JsonValue value && value.TryGetValue<bool>(out var isStream) && isStream;
}
