using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Bodies;

/// <summary>What a provider sends that is no JSON passes byte for byte, with the headers that describe it.</summary>
public sealed class DownloadTests(Product product) : IClassFixture<Product>
{
    private const int Size = 20_000_000;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Speech_arrives_byte_for_byte(string version)
    {
        using var request = product.Post("/openai/v1/audio/speech", await product.MintAsync(), new StringContent("""{"model":"tts-1","voice":"alloy","input":"Hello"}""", Encoding.UTF8, "application/json"));
        request.Headers.Add("x-mock-fault", $$"""{"hugeBytes":{{Size}}}""");
        await AssertArrivesAsync(request, version, "audio/mpeg");
    }

    [Fact]
    public async Task A_file_s_content_arrives_byte_for_byte()
    {
        var token = (string)(await product.CreateTokenAsync(new { kind = "proxy", features = new[] { "files" } }))["token"]!;
        using var upload = product.Post("/openai/v1/files", token, new StringContent("notes"));
        using var uploaded = await product.Client.SendAsync(upload);
        var id = (string)(await uploaded.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
        using var request = product.Request(HttpMethod.Get, $"/openai/v1/files/{id}/content", token);
        request.Headers.Add("x-mock-fault", $$"""{"headers":{"content-disposition":"attachment; filename=\"notes.bin\"","etag":"\"v1\""},"hugeBytes":{{Size}} }""");
        var answer = await AssertArrivesAsync(request, "1.1", "application/octet-stream");
        Assert.Equal(("notes.bin", "\"v1\""), (answer.Content.Headers.ContentDisposition?.FileName, answer.Headers.ETag?.Tag));
    }

    private async Task<HttpResponseMessage> AssertArrivesAsync(HttpRequestMessage request, string version, string type)
    {
        request.Version = Version.Parse(version);
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        var answer = await product.Client.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, Version.Parse(version)), (answer.StatusCode, answer.Version));
        Assert.Equal((type, Size), (answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentLength));
        var expected = new byte[Size];
        for (var i = 0; i < Size; i++)
        {
            expected[i] = (byte)(i * 31);
        }
        var received = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(received.AsSpan().SequenceEqual(expected));
        return answer;
    }
}
