using System.Text.Json.Nodes;
using CredentialProxy.MockProvider.Generation;
using CredentialProxy.MockProvider.OpenAI;
using CredentialProxy.MockProvider.Storing;

namespace CredentialProxy.MockProvider.Gemini;

/// <summary>Gemini's API, https://ai.google.dev/api</summary>
internal static class GeminiApi
{
    public static void Map(WebApplication app)
    {
        foreach (var version in new[] { "/v1beta", "/v1", "/v1alpha" })
        {
            app.MapPost(version + "/models/{call}", (HttpContext context, string call) => DispatchAsync(Exchange.Of(context), call));
        }
        app.MapPost("/upload/v1beta/files", (HttpContext context, ObjectStore store) => StartUploadAsync(Exchange.Of(context), store));
        app.MapPost("/upload/v1beta/sessions/{id}", (HttpContext context, ObjectStore store, string id) => FinishUploadAsync(Exchange.Of(context), store, id));
    }

    private static Task DispatchAsync(Exchange exchange, string call)
    {
        var colon = call.LastIndexOf(':');
        var (model, verb) = colon < 0 ? (call, "") : (call[..colon], call[(colon + 1)..]);
        if (model == "unknown-model")
        {
            return exchange.FailAsync(StatusCodes.Status404NotFound, $"models/{model} is not found for API version v1beta");
        }
        return verb switch
        {
            "generateContent" => GenerateAsync(exchange, model, isStream: false),
            "streamGenerateContent" => GenerateAsync(exchange, model, isStream: true),
            "countTokens" => exchange.SendJsonAsync("", new JsonObject { ["totalTokens"] = Tokens.Count(exchange.Body?["contents"]) }, 0),
            "embedContent" => EmbedAsync(exchange, model, "embedding", [exchange.Body?["content"]]),
            "batchEmbedContents" => EmbedAsync(exchange, model, "embeddings", [.. (exchange.Body?["requests"] as JsonArray ?? []).Select(request => request?["content"])]),
            _ => exchange.FailAsync(StatusCodes.Status404NotFound, "Not Found"),
        };
    }

    private static async Task GenerateAsync(Exchange exchange, string model, bool isStream)
    {
        if (exchange.Body is not { } body || body["contents"] is null)
        {
            await exchange.FailAsync(StatusCodes.Status400BadRequest, "* GenerateContentRequest.contents: contents is not specified");
            return;
        }
        var config = body["generationConfig"] as JsonObject ?? [];
        var said = (string?)config["responseMimeType"] == "application/json" ? StructuredOutput.OfSchema(config["responseSchema"] ?? config["responseJsonSchema"]) : null;
        var tools = (body["tools"] as JsonArray ?? []).OfType<JsonObject>().SelectMany(entry => entry["functionDeclarations"] as JsonArray ?? []).Select(tool => (string?)tool?["name"]).OfType<string>();
        var produced = Production.Of(exchange.Context, OpenAIApi.Limit(config, "maxOutputTokens"), ToolCall.Next([.. tools], body["contents"]), said, body["systemInstruction"], body["contents"], body["tools"]);
        exchange.CountInput(model, produced.Input);
        if (!isStream)
        {
            await exchange.SendJsonAsync(model, Chunk(exchange, model, produced, exchange.Huge + produced.Text, produced.Output, isLast: true), produced.Output);
        }
        else if (exchange.Context.Request.Query["alt"] == "sse")
        {
            await exchange.SendEventsAsync(model, Stream(exchange, model, produced));
        }
        else
        {
            await exchange.SendArrayAsync(model, [.. Stream(exchange, model, produced)]);
        }
    }

    private static IEnumerable<StreamEvent> Stream(Exchange exchange, string model, Production produced)
    {
        if (produced.ToolName is not null)
        {
            yield return new StreamEvent(Chunk(exchange, model, produced, "", produced.Output, isLast: true).ToJsonString(), produced.Output);
            yield break;
        }
        var words = produced.TextTokens.ToList();
        var written = produced.Reasoning;
        for (var i = 0; i < words.Count; i++)
        {
            written++;
            yield return new StreamEvent(Chunk(exchange, model, produced, words[i], written, i == words.Count - 1).ToJsonString(), i == 0 ? 1 + produced.Reasoning : 1);
        }
        if (words.Count == 0)
        {
            yield return new StreamEvent(Chunk(exchange, model, produced, "", written, isLast: true).ToJsonString(), written);
        }
    }

    private static JsonObject Chunk(Exchange exchange, string model, Production produced, string text, int outputSoFar, bool isLast)
    {
        var part = produced.ToolName is { } tool
            ? new JsonObject { ["functionCall"] = new JsonObject { ["name"] = tool, ["args"] = JsonNode.Parse(produced.Arguments) } }
            : new JsonObject { ["text"] = text };
        var candidate = new JsonObject { ["content"] = new JsonObject { ["parts"] = new JsonArray(part), ["role"] = "model" }, ["index"] = 0 };
        if (isLast)
        {
            candidate["finishReason"] = produced.IsCut ? "MAX_TOKENS" : "STOP";
        }
        var chunk = new JsonObject { ["candidates"] = new JsonArray(candidate) };
        if (!exchange.Fault.MissingUsage)
        {
            var input = exchange.Claim(produced).Input;
            var output = isLast ? exchange.Claim(produced).Output : outputSoFar;
            var usage = new JsonObject { ["promptTokenCount"] = input, ["candidatesTokenCount"] = output - produced.Reasoning, ["totalTokenCount"] = input + output };
            if (produced.Reasoning > 0)
            {
                usage["thoughtsTokenCount"] = produced.Reasoning;
            }
            if (produced.Cached > 0)
            {
                usage["cachedContentTokenCount"] = produced.Cached;
            }
            chunk["usageMetadata"] = usage;
        }
        chunk["modelVersion"] = model;
        chunk["responseId"] = "mock-response";
        return chunk;
    }

    private static Task EmbedAsync(Exchange exchange, string model, string member, JsonNode?[] contents)
    {
        var tokens = contents.Sum(content => Tokens.Count(content));
        exchange.CountInput(model, tokens);
        var vectors = contents.Select((_, index) => (JsonNode)new JsonObject { ["values"] = new JsonArray([.. Embeddings.Components(index).Select(component => (JsonNode)component)]) }).ToArray();
        return exchange.SendJsonAsync(
            model,
            new JsonObject
            {
                [member] = member == "embedding" ? vectors[0] : new JsonArray(vectors),
                ["usageMetadata"] = new JsonObject { ["promptTokenCount"] = tokens, ["totalTokenCount"] = tokens },
            },
            0);
    }

    // Resumable uploads: the client goes on with the address it is given, without a key.
    private static Task StartUploadAsync(Exchange exchange, ObjectStore store)
    {
        var request = exchange.Context.Request;
        var name = (string?)exchange.Body?["file"]?["name"] ?? "files/" + Ids.New("").ToLowerInvariant();
        var file = new JsonObject { ["name"] = name, ["uri"] = $"http://{request.Host}/v1beta/{name}", ["mimeType"] = "text/plain", ["state"] = "ACTIVE" };
        if (request.Headers["x-goog-upload-protocol"] != "resumable")
        {
            store.Add("/v1beta/files", name["files/".Length..], file);
            return exchange.SendJsonAsync("", new JsonObject { ["file"] = file.DeepClone() }, 0);
        }
        var session = Ids.New("");
        store.Add("uploads", session, file);
        exchange.Context.Response.Headers["x-goog-upload-url"] = $"http://{request.Host}/upload/v1beta/sessions/{session}?upload_id=mock";
        exchange.Context.Response.Headers["x-goog-upload-status"] = "active";
        return exchange.SendJsonAsync("", new JsonObject(), 0);
    }

    private static Task FinishUploadAsync(Exchange exchange, ObjectStore store, string session)
    {
        if (store.Find("uploads", session) is not { } file)
        {
            return StoredObjectsApi.NotFoundAsync(exchange, session);
        }
        store.Add("/v1beta/files", ((string)file["name"]!)["files/".Length..], file);
        exchange.Context.Response.Headers["x-goog-upload-status"] = "final";
        return exchange.SendJsonAsync("", new JsonObject { ["file"] = file.DeepClone() }, 0);
    }
}
