using System.Text.Json.Nodes;

namespace CredentialProxy.Tests.Running;

/// <summary>
/// The main call of a provider, so that a claim about every provider is a table and not four tests: where it goes, what it says, where the key must be when it arrives.
/// </summary>
/// <param name="Path">Path at the gateway of the plain call, the provider's name in front.</param>
/// <param name="StreamPath">The same of the streamed call.</param>
/// <param name="UpstreamPath">Where the mock must see the plain call.</param>
/// <param name="Slot">The header in which the mock must see the key.</param>
/// <param name="Scheme">What stands before the key in it.</param>
/// <param name="Body">Makes a body: prompt, output limit, whether to stream.</param>
internal sealed record ProviderCall(string Path, string StreamPath, string UpstreamPath, string Slot, string Scheme, Func<string, JsonNode?, bool, JsonObject> Body)
{
    private const string GeminiModel = "/v1beta/models/gemini-2.5-flash:";

    private static readonly Dictionary<string, ProviderCall> ByProvider = new()
    {
        ["openai"] = new("/openai/v1/chat/completions", "/openai/v1/chat/completions", "/v1/chat/completions", "authorization", "Bearer ", (prompt, limit, isStream) => Messages("gpt-4o-mini", prompt, limit, isStream)),
        ["anthropic"] = new("/anthropic/v1/messages", "/anthropic/v1/messages", "/v1/messages", "x-api-key", "", (prompt, limit, isStream) => Messages("claude-3-5-haiku-20241022", prompt, limit, isStream)),
        ["openrouter"] = new(
            "/openrouter/api/v1/chat/completions", "/openrouter/api/v1/chat/completions", "/api/v1/chat/completions", "authorization", "Bearer ", (prompt, limit, isStream) => Messages("openai/gpt-4o-mini", prompt, limit, isStream)),
        ["gemini"] = new(
            "/gemini" + GeminiModel + "generateContent", "/gemini" + GeminiModel + "streamGenerateContent?alt=sse", GeminiModel + "generateContent", "x-goog-api-key", "", (prompt, limit, _) => Contents(prompt, limit)),
    };

    public static IEnumerable<string> Providers => ByProvider.Keys;

    public static ProviderCall Of(string provider) => ByProvider[provider];

    /// <summary>The key that the mock must see, in its header's form.</summary>
    public string KeyOf(string provider) => $"{Scheme}sk-demo-{provider}-key";

    private static JsonObject Messages(string model, string prompt, JsonNode? limit, bool isStream)
    {
        var body = new JsonObject { ["model"] = model, ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }) };
        if (limit is not null)
        {
            body["max_tokens"] = limit;
        }
        if (isStream)
        {
            body["stream"] = true;
        }
        return body;
    }

    private static JsonObject Contents(string prompt, JsonNode? limit) => new()
    {
        ["contents"] = new JsonArray(new JsonObject { ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["text"] = prompt }) }),
        ["generationConfig"] = new JsonObject { ["maxOutputTokens"] = limit },
    };
}
