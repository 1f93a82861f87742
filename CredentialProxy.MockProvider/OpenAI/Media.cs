using System.Text.Json.Nodes;
using CredentialProxy.MockProvider.Generation;

namespace CredentialProxy.MockProvider.OpenAI;

/// <summary>Images, sound and files.</summary>
internal static class Media
{
    private const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    public static Task ImageAsync(Exchange exchange) =>
        exchange.SendJsonAsync("gpt-image-1", new JsonObject { ["created"] = exchange.Now, ["data"] = new JsonArray(new JsonObject { ["b64_json"] = Pixel }) }, 0);

    public static Task SpeechAsync(Exchange exchange) => exchange.SendBytesAsync("audio/mpeg", Bytes(Math.Max(48_000, exchange.Fault.HugeBytes)));

    public static Task TranscriptionAsync(Exchange exchange) => exchange.SendJsonAsync("whisper-1", new JsonObject { ["text"] = "The quick brown fox." }, 0);

    public static Task FileAsync(Exchange exchange) => exchange.SendJsonAsync(
        "",
        new JsonObject
        {
            ["id"] = Ids.New("file-"),
            ["object"] = "file",
            ["bytes"] = exchange.Context.Request.ContentLength ?? 0,
            ["created_at"] = exchange.Now,
            ["filename"] = "upload.bin",
            ["purpose"] = "user_data",
            ["status"] = "processed",
        },
        0);

    public static Task ContentAsync(Exchange exchange) => exchange.SendBytesAsync("application/octet-stream", Bytes(Math.Max(256 * 1024, exchange.Fault.HugeBytes)));

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            bytes[i] = (byte)(i * 31);
        }
        return bytes;
    }
}
