using System.Text.Json.Nodes;

namespace CredentialProxy.MockProvider.OpenAI;

/// <summary>Images, sound and files' contents.</summary>
internal static class Media
{
    private const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    public static Task ImageAsync(Exchange exchange) =>
        exchange.SendJsonAsync("gpt-image-1", new JsonObject { ["created"] = exchange.Now, ["data"] = new JsonArray(new JsonObject { ["b64_json"] = Pixel }) }, 0);

    public static Task SpeechAsync(Exchange exchange) => exchange.SendBytesAsync("audio/mpeg", Math.Max(48_000, exchange.Fault.HugeBytes));

    public static Task TranscriptionAsync(Exchange exchange) => exchange.SendJsonAsync("whisper-1", new JsonObject { ["text"] = "The quick brown fox." }, 0);

    public static Task ContentAsync(Exchange exchange) => exchange.SendBytesAsync("application/octet-stream", Math.Max(256 * 1024, exchange.Fault.HugeBytes));
}
