using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Grants;
using CredentialProxy.Tests.Running;
using Microsoft.Data.Sqlite;

namespace CredentialProxy.Tests.Admin;

/// <summary>Features over the control API: what is taken, what it does, and that it is audited; and objects that operators give away.</summary>
public sealed class FeaturesTests(Product product) : IClassFixture<Product>
{
    [Fact]
    public async Task Features_of_a_token_are_kept_shown_and_changed()
    {
        var made = await product.CreateTokenAsync(new { kind = "proxy", features = new[] { "web_search", "files", "web_search" } });
        Assert.Equal("""["files","web_search"]""", made["features"]!.ToJsonString());
        Assert.Equal("""["files","web_search"]""", (await ShowAsync($"/api/tokens/{made["id"]}"))["features"]!.ToJsonString());

        Assert.Equal("""["batches"]""", (await PatchAsync($"/api/tokens/{made["id"]}", new { features = new[] { "batches" } }))["features"]!.ToJsonString());
        Assert.Equal("""["batches"]""", (await PatchAsync($"/api/tokens/{made["id"]}", new { label = "other" }))["features"]!.ToJsonString());
        Assert.Equal("[]", (await PatchAsync($"/api/tokens/{made["id"]}", new { features = Array.Empty<string>() }))["features"]!.ToJsonString());
        Assert.Equal("[]", (await product.CreateTokenAsync(new { kind = "proxy" }))["features"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"kind":"proxy","features":["files","flying"]}""", "'flying'")]
    [InlineData("""{"kind":"proxy","features":["Files"]}""", "'Files'")]
    [InlineData("""{"kind":"proxy","features":["none"]}""", "'none'")]
    [InlineData("""{"kind":"proxy","features":["1"]}""", "'1'")]
    [InlineData("""{"kind":"proxy","features":["files,batches"]}""", "'files,batches'")]
    [InlineData("""{"kind":"proxy","features":[null]}""", "'null'")]
    public async Task A_feature_that_does_not_exist_is_refused_by_name_and_those_that_do_are_listed(string body, string named)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await product.Admin.PostAsync("/api/tokens", content);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var error = (string)(await answer.Content.ReadFromJsonAsync<JsonNode>())!["errors"]!["features"]!;
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.All(FeatureNames.All, name => Assert.Contains(name, error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_change_of_features_counts_from_the_next_request_on()
    {
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        async Task<int> TryAsync() => (await product.AskAsync((string)token["token"]!, "POST /openai/v1/conversations", "{}")).Status;

        Assert.Equal(403, await TryAsync());
        await PatchAsync($"/api/tokens/{token["id"]}", new { features = new[] { "stored_objects" } });
        Assert.Equal(200, await TryAsync());
        await PatchAsync($"/api/tokens/{token["id"]}", new { features = new[] { "files" } });
        Assert.Equal(403, await TryAsync());
    }

    [Fact]
    public async Task A_project_s_features_hold_for_all_its_tokens_those_of_another_system_included()
    {
        var project = await product.CreateProjectAsync("stored_objects");
        var own = await product.MintWithAsync(project, "files");
        using var minted = await product.Admin.PostAsJsonAsync("/api/session-tokens", new { sub = project, provider = "openai" });
        var foreign = (string)(await minted.Content.ReadFromJsonAsync<JsonNode>())!["token"]!;
        using var mintedElsewhere = await product.Admin.PostAsJsonAsync("/api/session-tokens", new { sub = "nobody's project", provider = "openai" });
        var stranger = (string)(await mintedElsewhere.Content.ReadFromJsonAsync<JsonNode>())!["token"]!;

        Assert.Equal(200, (await product.AskAsync(own, "POST /openai/v1/conversations", "{}")).Status);
        Assert.Equal(200, (await product.AskAsync(own, "POST /openai/v1/files", "{}")).Status);
        Assert.Equal(200, (await product.AskAsync(foreign, "POST /openai/v1/conversations", "{}")).Status);
        Assert.Equal(403, (await product.AskAsync(foreign, "POST /openai/v1/files", "{}")).Status);
        Assert.Equal(403, (await product.AskAsync(stranger, "POST /openai/v1/conversations", "{}")).Status);

        Assert.Equal("[]", (await PatchAsync($"/api/projects/{project}", new { features = Array.Empty<string>() }))["features"]!.ToJsonString());
        Assert.Equal(403, (await product.AskAsync(own, "POST /openai/v1/conversations", "{}")).Status);
        Assert.Equal(403, (await product.AskAsync(foreign, "POST /openai/v1/conversations", "{}")).Status);
    }

    [Fact]
    public async Task Granting_features_is_audited()
    {
        var token = await product.CreateTokenAsync(new { kind = "proxy", features = new[] { "credential_minting" } });
        await PatchAsync($"/api/tokens/{token["id"]}", new { features = new[] { "account_read" } });
        var project = await product.CreateProjectAsync("evals");
        await PatchAsync($"/api/projects/{project}", new { features = new[] { "videos" } });

        var audit = Audit();
        Assert.Contains(audit, entry => entry.Contains("token.create", StringComparison.Ordinal) && entry.Contains("credential_minting", StringComparison.Ordinal));
        Assert.Contains(audit, entry => entry.Contains("token.change", StringComparison.Ordinal) && entry.Contains("account_read", StringComparison.Ordinal));
        Assert.Contains(audit, entry => entry.Contains("project.create", StringComparison.Ordinal) && entry.Contains("evals", StringComparison.Ordinal));
        Assert.Contains(audit, entry => entry.Contains("project.change", StringComparison.Ordinal) && entry.Contains("videos", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_operator_gives_an_object_to_a_project_and_takes_it_back()
    {
        var project = await product.CreateProjectAsync();
        var (inside, outside) = (await product.MintWithAsync(project, "stored_input"), await product.MintWithAsync(null, "stored_input"));
        var gift = new { provider = "openai", kind = "prompt", id = "pmpt_shared", project };
        async Task<string?> AskAsync(string token) => (await product.AskAsync(token, "POST /openai/v1/responses", """{"model":"gpt-4o-mini","input":"Hi","prompt":{"id":"pmpt_shared"}}""")).Code;
        Assert.Equal("object_not_found", await AskAsync(inside));

        using var given = await product.Admin.PostAsJsonAsync("/api/objects/give", gift);
        Assert.Equal(HttpStatusCode.OK, given.StatusCode);
        Assert.Null(await AskAsync(inside));
        Assert.Equal("object_not_found", await AskAsync(outside));
        Assert.Contains(Audit(), entry => entry.Contains("object.give", StringComparison.Ordinal) && entry.Contains("pmpt_shared", StringComparison.Ordinal));

        using var taken = await product.Admin.PostAsJsonAsync("/api/objects/take", gift);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        Assert.Equal("object_not_found", await AskAsync(inside));
    }

    [Theory]
    [InlineData("""{"provider":"acme","kind":"file","id":"x","project":"p"}""", "provider")]
    [InlineData("""{"provider":"openai","kind":"spoon","id":"x","project":"p"}""", "kind")]
    [InlineData("""{"provider":"openai","kind":"file","id":"","project":"p"}""", "id")]
    [InlineData("""{"provider":"openai","kind":"file","id":"a b","project":"p"}""", "id")]
    [InlineData("""{"provider":"gemini","kind":"file","id":"https://www.youtube.com/watch","project":"p"}""", "id")]
    [InlineData("""{"provider":"openai","kind":"file","id":"x"}""", "project")]
    [InlineData("""{"provider":"openai","kind":"file","id":"x","project":"p","token":"t"}""", "project")]
    [InlineData("""{"provider":"openai","kind":"file","id":"x","project":"no such project"}""", "project")]
    [InlineData("""{"provider":"openai","kind":"file","id":"x","token":"tok_none"}""", "token")]
    public async Task A_gift_that_makes_no_sense_is_refused_by_field(string body, string field)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await product.Admin.PostAsync("/api/objects/give", content);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.NotNull((await answer.Content.ReadFromJsonAsync<JsonNode>())!["errors"]![field]);
    }

    private List<string> Audit()
    {
        using var connection = new SqliteConnection($"Data Source={Directory.GetFiles(product.DataDirectory, "*.db").Single()};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT Action || ' ' || ObjectId || ' ' || coalesce(AfterJson, '') FROM audit";
        using var reader = command.ExecuteReader();
        var entries = new List<string>();
        while (reader.Read())
        {
            entries.Add(reader.GetString(0));
        }
        return entries;
    }

    private async Task<JsonNode> ShowAsync(string path) => (await product.Admin.GetFromJsonAsync<JsonNode>(path))!;

    private async Task<JsonNode> PatchAsync(string path, object change)
    {
        using var answer = await product.Admin.PatchAsJsonAsync(path, change);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonNode>())!;
    }
}
