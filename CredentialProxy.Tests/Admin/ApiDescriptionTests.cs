using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CredentialProxy.Admin.Describing;
using CredentialProxy.Tests.Architecture;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>The description of the control API is the one that is committed, complete, and its page needs nothing from elsewhere.</summary>
public sealed partial class ApiDescriptionTests(Product product) : IClassFixture<Product>
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task The_document_is_the_one_that_is_committed()
    {
        var path = Path.Combine(Repository.Root, "docs", "openapi.json");
        var served = (await DocumentAsync()).ToJsonString(Indented).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(path, served, TestContext.Current.CancellationToken);
        }
        var committed = (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).ReplaceLineEndings("\n");
        Assert.True(committed == served, "docs/openapi.json has drifted from what is served: run this test with UPDATE_DOCS=1.");
    }

    [Fact]
    public async Task Every_operation_is_described_with_its_problems_and_its_caller()
    {
        var document = await DocumentAsync();
        Assert.Equal("bearer", (string)document["components"]!["securitySchemes"]!["adminKey"]!["scheme"]!);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in item!.AsObject())
            {
                Assert.True(ids.Add((string)operation!["operationId"]!), $"{method} {path}: a second operation of this id");
                Assert.Equal("#/components/schemas/Problem", (string?)operation["responses"]!["default"]!["content"]!["application/problem+json"]!["schema"]!["$ref"]);
                if (path != "/health")
                {
                    Assert.True(((string?)operation["summary"])?.Length > 0, $"{method} {path} has no summary");
                    Assert.Contains("'admin'", (string)operation["description"]!, StringComparison.Ordinal);
                    Assert.NotEmpty(operation["security"]!.AsArray());
                }
                var headers = operation["parameters"]?.AsArray().Where(parameter => (string?)parameter!["in"] == "header").Select(parameter => (string)parameter!["name"]!).ToList() ?? [];
                Assert.Equal(method is "patch" or "put" or "delete", headers.Contains("If-Match"));
            }
        }
    }

    [Fact]
    public async Task The_examples_are_good_as_they_stand()
    {
        using var admin = ControlCalls.AdminOf(product);
        var schemas = (await DocumentAsync())["components"]!["schemas"]!;
        foreach (var (schema, path) in new[] { ("TokenRequest", "/api/tokens"), ("ProjectRequest", "/api/projects"), ("CredentialRequest", "/api/credentials"), ("PriceRequest", "/api/prices"), ("AdminKeyRequest", "/api/admin-keys"), ("MintRequest", "/api/session-tokens") })
        {
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Examples.BySchema[schema]), schemas[schema]!["examples"]![0]), schema);
            await admin.CreateAsync(path, Examples.BySchema[schema]);
        }
        var made = await admin.CreateAsync("/api/tokens", """{"kind":"proxy","limits":[{"unit":"usd","limit":1}]}""");
        Assert.Equal(HttpStatusCode.OK, (await admin.SendAsync("POST", $"/api/tokens/{made["id"]}/limits/top-up", Examples.BySchema["LimitChangeRequest"])).Status);
        Assert.Equal(HttpStatusCode.OK, (await admin.SendAsync("POST", "/api/quote", Examples.BySchema["QuoteRequest"].Replace("tok_…", (string)made["id"]!, StringComparison.Ordinal))).Status);
    }

    [Fact]
    public async Task The_page_is_there_without_a_key_and_takes_nothing_from_elsewhere()
    {
        using var answer = await product.Client.GetAsync(new Uri(product.Control, "/scalar/"));
        Assert.Equal((HttpStatusCode.OK, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        var html = await answer.Content.ReadAsStringAsync();
        var scripts = Source().Matches(html).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(scripts);
        Assert.All(scripts, script => Assert.DoesNotContain("//", script, StringComparison.Ordinal));
        foreach (var script in scripts)
        {
            using var file = await product.Client.GetAsync(new Uri(new Uri(product.Control, "/scalar/"), script));
            Assert.Equal(HttpStatusCode.OK, file.StatusCode);
            Assert.True((await file.Content.ReadAsByteArrayAsync()).Length > 0, script);
        }
        Assert.DoesNotContain("https://", html, StringComparison.Ordinal);
    }

    private async Task<JsonNode> DocumentAsync() => JsonNode.Parse(await product.Client.GetStringAsync(new Uri(product.Control, "/openapi/v1.json")))!;

    [GeneratedRegex("(?:src|href|from)=?\\s*[\"']([^\"']+\\.(?:js|css))[\"']")]
    private static partial Regex Source();
}
