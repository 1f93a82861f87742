using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Bodies that the gateway and a provider could read differently, over the running product.</summary>
public sealed class BodyReadingAttacks(Product product) : IClassFixture<Product>
{
    private const string Body = """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}],"note":"&model=o1-pro&n=128&"}""";

    [Theory]
    [Trait("threat", "spend-8")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=utf-7")]
    [InlineData("application/json, application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Whatever_a_body_is_called_the_provider_is_told_what_was_read(string? contentType)
    {
        await product.ForgetAsync();
        using var answer = await PostAsync(Encoding.UTF8.GetBytes(Body), contentType);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(("application/json", Body), await SentAsync());
    }

    [Theory]
    [Trait("threat", "spend-17")]
    [Trait("threat", "fault-15")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-7")]
    [InlineData("application/json, application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Whatever_a_body_is_called_that_manages_objects_the_provider_is_told_what_was_read(string? contentType)
    {
        const string Polyglot = """{"name":"&file_ids[]=file-theirs0123&"}""";
        await product.ForgetAsync();
        using var answer = await PostAsync(Encoding.UTF8.GetBytes(Polyglot), contentType, path: "/openai/v1/vector_stores", features: "vector_stores");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(("application/json", Polyglot), await SentAsync());
    }

    [Fact]
    [Trait("threat", "spend-17")]
    public async Task A_body_that_manages_objects_is_UTF_8_too()
    {
        await product.ForgetAsync();
        using var answer = await PostAsync(Encoding.Latin1.GetBytes("{\"name\":\"\u00e9\"}"), "application/json", path: "/openai/v1/vector_stores", features: "vector_stores");
        Assert.Equal("invalid_request_body", answer.Headers.GetValues("x-credential-proxy-error").Single());
        Assert.Empty(await product.CapturedAsync());
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("Application/JSON")]
    public async Task A_right_name_stays_as_it_is(string contentType)
    {
        await product.ForgetAsync();
        using var answer = await PostAsync(Encoding.UTF8.GetBytes(Body), contentType);
        Assert.Equal((contentType, Body), await SentAsync());
    }

    [Theory]
    [Trait("threat", "spend-8")]
    [InlineData("model=o1-pro&messages=x", "application/x-www-form-urlencoded")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\no1-pro\r\n--x--\r\n", "multipart/form-data; boundary=x")]
    [InlineData("{\"model\":\"gpt-4o-mini\",\"messages\":[]}\n{\"model\":\"o1-pro\",\"messages\":[]}", "application/x-ndjson")]
    [InlineData("{\"model\":\"gpt-4o-mini\",\"messages\":[]}\0", "application/json")]
    [InlineData("{\"model\":\"gpt-4o-mini\",\"model\\u0000\":\"o1-pro\",\"messages\":[],\"messages\":[]}trailing", "application/json")]
    public async Task What_is_no_single_JSON_object_is_refused(string body, string contentType)
    {
        await product.ForgetAsync();
        using var answer = await PostAsync(Encoding.UTF8.GetBytes(body), contentType);
        Assert.Equal("invalid_request_body", answer.Headers.GetValues("x-credential-proxy-error").Single());
        Assert.Empty(await product.CapturedAsync());
    }

    [Theory]
    [Trait("threat", "spend-13")]
    [InlineData("gzip")]
    [InlineData("identity")]
    [InlineData("br, gzip")]
    public async Task A_compressed_body_is_refused(string encoding)
    {
        await product.ForgetAsync();
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(Body));
        }
        using var answer = await PostAsync(packed.ToArray(), "application/json", encoding);
        Assert.Equal((HttpStatusCode.UnsupportedMediaType, "unsupported_content_encoding"), (answer.StatusCode, answer.Headers.GetValues("x-credential-proxy-error").Single()));
        Assert.Empty(await product.CapturedAsync());
    }

    [Fact]
    [Trait("threat", "spend-13")]
    public async Task A_body_without_a_length_is_read_whole_and_sent_with_one()
    {
        await product.ForgetAsync();
        using var answer = await PostAsync(Encoding.UTF8.GetBytes(Body), "application/json", isChunked: true);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var captured = (await CapturedAsync())[^1]!;
        Assert.Equal((Body, Body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)), ((string)captured["body"]!, (string)captured["headers"]!["content-length"]!));
        Assert.False(captured["headers"]!.AsObject().ContainsKey("transfer-encoding"));
    }

    private async Task<(string ContentType, string Body)> SentAsync()
    {
        var captured = (await CapturedAsync())[^1]!;
        return ((string)captured["headers"]!["content-type"]!, (string)captured["body"]!);
    }

    private async Task<JsonArray> CapturedAsync() => JsonNode.Parse(await product.Client.GetStringAsync(new Uri(product.Mock, "/__captured?bodies=true")))!.AsArray();

    private async Task<HttpResponseMessage> PostAsync(
        byte[] body, string? contentType, string? encoding = null, bool isChunked = false, string path = "/openai/v1/chat/completions", params string[] features)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(product.Gateway, path)) { Content = new ByteArrayContent(body) };
        if (contentType is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }
        if (encoding is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        }
        request.Headers.TransferEncodingChunked = isChunked ? true : null;
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await product.MintWithAsync(null, features));
        return await product.Client.SendAsync(request);
    }
}
