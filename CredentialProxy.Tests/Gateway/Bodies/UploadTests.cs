using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Bodies;

/// <summary>Uploads pass byte for byte; and files as they come, for nothing of them need be known first.</summary>
public sealed class UploadTests(Product product) : IClassFixture<Product>
{
    private const int Megabyte = 1024 * 1024;

    [Theory]
    [InlineData("/openai/v1/audio/transcriptions", "1.1")]
    [InlineData("/openai/v1/audio/transcriptions", "2.0")]
    [InlineData("/openai/v1/files", "1.1")]
    public async Task A_multipart_upload_of_forty_megabytes_arrives_byte_for_byte(string path, string version)
    {
        await product.ForgetAsync();
        var bytes = RandomNumberGenerator.GetBytes(40 * Megabyte);
        using var form = new MultipartFormDataContent("a-boundary-of-our-own") { { new ByteArrayContent(bytes), "file", "speech.mp3" }, { new StringContent("whisper-1"), "model" } };
        var expected = await form.ReadAsByteArrayAsync();
        using var request = product.Post(path, await MintAsync(), form);
        request.Version = Version.Parse(version);
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;

        using var answer = await product.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var seen = Assert.Single(await product.CapturedAsync())!;
        Assert.Equal((expected.LongLength, Convert.ToHexStringLower(SHA256.HashData(expected))), ((long)seen["bodySize"]!, (string?)seen["bodySha256"]));
        Assert.Equal("multipart/form-data; boundary=\"a-boundary-of-our-own\"", (string?)seen["headers"]!["content-type"]);
        Assert.Equal("Bearer sk-demo-openai-key", (string?)seen["headers"]!["authorization"]);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(Megabyte)]
    [InlineData(Megabyte + 10)]
    public async Task A_file_is_sent_on_while_its_rest_has_yet_to_come(int half)
    {
        await product.ForgetAsync();
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var request = product.Post("/openai/v1/files", await MintAsync(), new PausingContent(half, rest.Task));

        var sending = product.Client.SendAsync(request);
        await Product.EventuallyAsync(async () => await product.CapturedAsync() is [{ } seen] && (long)seen["bodySize"]! == half, "the first half is upstream");
        rest.SetResult();
        using var answer = await sending;

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(2 * half, (long)Assert.Single(await product.CapturedAsync())!["bodySize"]!);
    }

    [Fact]
    public async Task The_address_of_a_resumable_upload_reaches_the_client_untouched_and_works_without_a_key()
    {
        await product.ForgetAsync();
        var token = await MintAsync();
        using var start = product.Post("/gemini/upload/v1beta/files", token, new StringContent("""{"file":{"display_name":"notes"}}""", Encoding.UTF8, "application/json"));
        start.Headers.Add("X-Goog-Upload-Protocol", "resumable");
        start.Headers.Add("X-Goog-Upload-Command", "start");
        start.Headers.Add("X-Goog-Upload-Header-Content-Length", "1048576");
        using var started = await product.Client.SendAsync(start);

        var address = new Uri(started.Headers.GetValues("x-goog-upload-url").Single());
        // The provider's own address: the gateway must neither rewrite it nor stand in its way.
        Assert.Equal(product.Mock.Authority, address.Authority);
        Assert.Matches("^/upload/v1beta/sessions/[A-Za-z0-9]+[?]upload_id=mock$", address.PathAndQuery);
        Assert.Equal("active", started.Headers.GetValues("x-goog-upload-status").Single());
        var seen = Assert.Single(await product.CapturedAsync())!["headers"]!;
        Assert.Equal(("sk-demo-gemini-key", "resumable", "start", "1048576"), ((string?)seen["x-goog-api-key"], (string?)seen["x-goog-upload-protocol"], (string?)seen["x-goog-upload-command"], (string?)seen["x-goog-upload-header-content-length"]));

        var bytes = RandomNumberGenerator.GetBytes(Megabyte);
        using var rest = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(bytes) };
        rest.Headers.Add("X-Goog-Upload-Command", "upload, finalize");
        using var finished = await product.Client.SendAsync(rest);
        Assert.Equal("final", finished.Headers.GetValues("x-goog-upload-status").Single());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), (string?)(await product.CapturedAsync())[1]!["bodySha256"]);
    }

    [Fact]
    public async Task A_metered_body_of_many_megabytes_arrives_byte_for_byte()
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        // Odd spacing, escapes and a number that no double holds: a body that was written anew would look different.
        var body = $$"""{ "model" : "gpt-4o-mini", "seed":9007199254740993, "max_tokens": 16,"messages":[{"role":"user","content":"caf\u00e9 {{string.Concat(Enumerable.Repeat("fox ", 300_000))}}"}]  }""";
        using var request = product.Post("/openai/v1/chat/completions", (string)token["token"]!, new StringContent(body, Encoding.UTF8, "application/json"));

        using var answer = await product.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body))), (string?)Assert.Single(await product.CapturedAsync())!["bodySha256"]);
        var (_, input, output) = await product.ProducedAsync();
        Assert.Equal((1, input, output), await product.SettledAsync(token));
    }

    private async Task<string> MintAsync() => (string)(await product.CreateTokenAsync(new { kind = "proxy", features = new[] { "files" } }))["token"]!;

    /// <summary>A body of two halves, the second of which waits; without a length, so that it goes out in chunks.</summary>
    private sealed class PausingContent(int half, Task rest) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            await stream.WriteAsync(new byte[half]);
            await stream.FlushAsync();
            await rest;
            await stream.WriteAsync(new byte[half]);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
