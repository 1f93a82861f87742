using System.Net.Http.Json;
using System.Text;
using CredentialProxy.Tests.Redacting;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>A key that was added over the API is in no answer of the API, whatever goes wrong, and in no file as it is.</summary>
[Trait("threat", "key-5")]
[Trait("threat", "key-9")]
public sealed class StoredKeyAttacks
{
    private const string Key = "sk-canary-Zq8wErTyUiOpAsDfGhJkLzXcVbNm-4t7";

    [Fact]
    public async Task No_answer_of_the_API_and_no_file_holds_the_key()
    {
        await using var product = await Product.StartAsync();
        var answers = new List<string>();
        async Task<string> AskAsync(HttpMethod method, string path, string? body = null)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
            using var answer = await product.Admin.SendAsync(request);
            var text = $"{answer}\n{await answer.Content.ReadAsStringAsync()}";
            answers.Add(text);
            return text;
        }
        var added = await AskAsync(HttpMethod.Post, "/api/credentials", $$"""{"provider":"openai","label":"canary","secret":"{{Key}}"}""");
        Assert.Contains("201", added, StringComparison.Ordinal);
        var list = await product.Admin.GetFromJsonAsync<System.Text.Json.Nodes.JsonNode>("/api/credentials");
        var id = (string)list!["credentials"]!.AsArray().Single(entry => (string?)entry!["label"] == "canary")!["id"]!;
        // Right and wrong, well formed and not: an error must not quote what it can't read.
        await AskAsync(HttpMethod.Get, "/api/credentials");
        await AskAsync(HttpMethod.Get, $"/api/credentials/{id}");
        await AskAsync(HttpMethod.Patch, $"/api/credentials/{id}", $$"""{"secret":"{{Key}}"}""");
        await AskAsync(HttpMethod.Patch, $"/api/credentials/{id}", $$"""{"secret":"{{Key}} with a blank"}""");
        await AskAsync(HttpMethod.Patch, $"/api/credentials/{id}", $$"""{"secret":["{{Key}}"]}""");
        await AskAsync(HttpMethod.Post, "/api/credentials", $$"""{"provider":"nobody","secret":"{{Key}}"}""");
        await AskAsync(HttpMethod.Post, "/api/credentials", $$"""{"provider":"openai","secret":"{{Key}}" "label":}""");
        await AskAsync(HttpMethod.Post, "/api/credentials", $$$"""{"provider":"openai","secret":{"{{{Key}}}":1}}""");
        await AskAsync(HttpMethod.Post, "/api/tokens", $$"""{"kind":"{{Key}}"}""");
        await AskAsync(HttpMethod.Get, "/api/tokens?limit=200");
        await AskAsync(HttpMethod.Get, "/api/usage?groupBy=credential");
        await AskAsync(HttpMethod.Get, "/openapi/v1.json");
        using (var used = await product.ChatAsync(await product.MintAsync()))
        {
            answers.Add($"{used}\n{await used.Content.ReadAsStringAsync()}");
        }
        await AskAsync(HttpMethod.Delete, $"/api/credentials/{id}");
        await product.StopAsync();

        Assert.All(answers.Concat(product.Log), text => Assert.False(KeyWriting.CanBeReadOutOf(text, Key), text));
        var files = Directory.GetFiles(product.DataDirectory, "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => file.EndsWith("credential-proxy.db", StringComparison.Ordinal));
        foreach (var file in files.Where(file => !file.EndsWith("lock", StringComparison.Ordinal)))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            Assert.False(KeyWriting.CanBeReadOutOf(Encoding.Latin1.GetString(bytes), Key), file);
            Assert.DoesNotContain(Key, Encoding.Unicode.GetString(bytes), StringComparison.Ordinal);
        }
    }
}
