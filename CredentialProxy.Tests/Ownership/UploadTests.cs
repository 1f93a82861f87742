using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Ownership;

/// <summary>Files that are uploaded past the gateway belong to whoever began the upload.</summary>
public sealed class UploadTests(Product product) : IClassFixture<Product>
{
    private static readonly (string, string)[] Start = [("x-goog-upload-protocol", "resumable"), ("x-goog-upload-command", "start"), ("x-goog-upload-header-content-length", "5")];

    [Theory]
    [InlineData("""{"file":{"displayName":"fox","mimeType":"text/plain"}}""")]
    [InlineData("""{"file":{}}""")]
    [InlineData("{}")]
    [InlineData("""{ "other" : [1, {"name":"x"}] }""")]
    public async Task An_upload_in_pieces_gets_its_name_from_the_gateway(string body)
    {
        var (mine, theirs) = (await product.MintWithAsync(null, "files", "stored_input", "web_fetch"), await product.MintWithAsync(null, "files", "stored_input", "web_fetch"));
        await product.ForgetAsync();
        var started = await product.AskAsync(mine, "POST /gemini/upload/v1beta/files", body, Start);
        Assert.Equal(200, started.Status);
        var captured = (await product.Client.GetFromJsonAsync<JsonArray>(new Uri(product.Mock, "/__captured?bodies=true"), TestContext.Current.CancellationToken))!;
        var sent = JsonNode.Parse((string)captured[0]!["body"]!)!;
        var name = (string)sent["file"]!["name"]!;
        Assert.Matches("^files/[0-9a-z]{32}$", name);
        sent["file"]!.AsObject().Remove("name");
        Assert.Equal(JsonNode.Parse(body)!["file"]?.ToJsonString() ?? "{}", sent["file"]!.ToJsonString());

        // The bytes go to the provider by themselves, without any key.
        using var bytes = new StringContent("hello", Encoding.UTF8, "text/plain");
        using var finished = await product.Client.PostAsync(new Uri(started.Headers.GetValues("x-goog-upload-url").Single()), bytes);
        var file = JsonNode.Parse(await finished.Content.ReadAsStringAsync())!["file"]!;
        Assert.Equal(name, (string)file["name"]!);

        Assert.Equal(200, (await product.AskAsync(mine, $"GET /gemini/v1beta/{name}")).Status);
        Assert.Equal(200, (await AskAsync(mine, (string)file["uri"]!)).Status);
        Assert.Equal("object_not_found", (await product.AskAsync(theirs, $"GET /gemini/v1beta/{name}")).Code);
        Assert.Equal("object_not_found", (await AskAsync(theirs, (string)file["uri"]!)).Code);
    }

    [Theory]
    [InlineData("""{"file":{"displayName":"x","name":"files/theirs"}}""")]
    [InlineData("""{"file":{"name":null}}""")]
    [InlineData("""{"file":{"n\u0061me":"files/theirs"}}""")]
    [InlineData("""{"file":{},"file":{"name":"files/theirs"}}""")]
    [InlineData("""{"f\u0069le":{"name":"files/theirs"}}""")]
    [InlineData("""{"file":"files/theirs"}""")]
    [InlineData("""{"file":{}} {"file":{"name":"files/theirs"}}""")]
    [InlineData("""[{"file":{}}]""")]
    [InlineData("{")]
    [InlineData("")]
    public async Task A_client_can_t_choose_the_name_which_might_be_another_s(string body)
    {
        await product.ForgetAsync();
        var refused = await product.AskAsync(await product.MintWithAsync(null, "files"), "POST /gemini/upload/v1beta/files", body, Start);
        Assert.Equal((400, "invalid_request_body"), (refused.Status, refused.Code));
        Assert.Empty(await product.CapturedAsync());
    }

    [Fact]
    public async Task A_whole_upload_is_its_maker_s_by_the_answer()
    {
        var (mine, theirs) = (await product.MintWithAsync(null, "files"), await product.MintWithAsync(null, "files"));
        using var bytes = new ByteArrayContent(new byte[100_000]);
        var made = await product.AskAsync(mine, "POST /gemini/upload/v1beta/files?uploadType=media", bytes, ("x-goog-upload-protocol", "raw"));
        var name = (string)made.Json["file"]!["name"]!;

        Assert.Equal(200, (await product.AskAsync(mine, $"GET /gemini/v1beta/{name}")).Status);
        Assert.Equal("object_not_found", (await product.AskAsync(theirs, $"GET /gemini/v1beta/{name}")).Code);
    }

    private Task<Calls.Answer> AskAsync(string token, string uri) => product.AskAsync(
        token,
        "POST /gemini/v1beta/models/gemini-2.5-flash:generateContent",
        new { contents = new[] { new { parts = new object[] { new { text = "Hi" }, new { fileData = new { fileUri = uri, mimeType = "text/plain" } } } } } });
}
