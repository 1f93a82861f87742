using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Directories;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>Tokens over the control API: what is answered, what is kept to oneself, and what is refused field by field.</summary>
public sealed class TokensTests(Product product) : IClassFixture<Product>
{
    [Fact]
    public async Task A_token_is_answered_with_its_grant_and_shown_this_once()
    {
        var project = await product.CreateProjectAsync();
        var grant = new JsonObject
        {
            ["kind"] = "proxy",
            ["label"] = "my agent",
            ["project"] = project,
            ["providers"] = Array("openai", "gemini"),
            ["models"] = Array("gpt-4o*"),
            ["endpoints"] = Array("POST /v1/chat/completions"),
            ["features"] = Array("web_search"),
            ["cidrs"] = Array("127.0.0.0/8"),
            ["origins"] = Array("https://app.example"),
            ["credential"] = "cred_openai_env",
            ["limits"] = new JsonArray(new JsonObject { ["unit"] = "usd", ["limit"] = 1.5, ["window"] = "day" }, new JsonObject { ["unit"] = "requests", ["limit"] = 10, ["window"] = "lifetime" }),
            ["expiresAt"] = "2099-01-31T12:00:00+02:00",
        };
        using var answer = await product.Admin.PostAsJsonAsync("/api/tokens", grant);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var made = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        var (id, token) = ((string)made["id"]!, (string)made["token"]!);
        Assert.Equal($"/api/tokens/{id}", answer.Headers.Location!.ToString());
        Assert.StartsWith("ptk_", token, StringComparison.Ordinal);
        Assert.Equal((token[^4..], "active"), ((string)made["lastFour"]!, (string)made["status"]!));
        Assert.Equal(DateTimeOffset.Parse("2099-01-31T10:00:00Z", CultureInfo.InvariantCulture), DateTimeOffset.Parse((string)made["expiresAt"]!, CultureInfo.InvariantCulture));
        foreach (var (name, value) in grant.Where(member => member.Key != "expiresAt"))
        {
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(value!.ToJsonString()), JsonNode.Parse(made[name]!.ToJsonString())), $"{name}: {made[name]}");
        }

        foreach (var later in new[] { $"/api/tokens/{id}", "/api/tokens", $"/api/tokens?project={project}" })
        {
            var shown = await product.Admin.GetStringAsync(later);
            Assert.Contains(id, shown, StringComparison.Ordinal);
            Assert.DoesNotContain(token, shown, StringComparison.Ordinal);
            Assert.DoesNotContain("\"token\":", shown, StringComparison.Ordinal);
        }
    }

    public static TheoryData<string, string> WrongRequests => new()
    {
        { """{}""", "kind" },
        { """{"kind":"api"}""", "kind" },
        { """{"kind":"proxy","status":"active"}""", "status" },
        { """{"kind":"proxy","token":"elevenchars"}""", "token" },
        { """{"kind":"proxy","token":"twelve chars"}""", "token" },
        { """{"kind":"session","token":"a-token-of-my-own"}""", "token" },
        { """{"kind":"proxy","providers":["nobody"]}""", "providers" },
        { """{"kind":"proxy","models":[""]}""", "models" },
        { """{"kind":"proxy","endpoints":["POST v1/chat"]}""", "endpoints" },
        { """{"kind":"proxy","cidrs":["10.0.0.0/33"]}""", "cidrs" },
        { """{"kind":"proxy","origins":["app.example/path"]}""", "origins" },
        { """{"kind":"proxy","features":["everything"]}""", "features" },
        { """{"kind":"proxy","project":"nobody's"}""", "project" },
        { """{"kind":"proxy","limits":[{"unit":"tokens","limit":-1}]}""", "limits[0]" },
        { """{"kind":"proxy","limits":[{"unit":"apples","limit":1}]}""", "limits[0]" },
        { """{"kind":"proxy","limits":[{"unit":"tokens","limit":1},{"unit":"tokens","limit":2}]}""", "limits[1]" },
        // Whatever is no time must not become a token that never ends.
        { """{"kind":"proxy","expiresAt":"2099-01-31T12:00:00"}""", "expiresAt" },
        { """{"kind":"proxy","expiresAt":"2099-01-31"}""", "expiresAt" },
        { """{"kind":"proxy","expiresAt":"31.01.2099 12:00 +00:00"}""", "expiresAt" },
        { """{"kind":"proxy","expiresAt":"tomorrow"}""", "expiresAt" },
        { """{"kind":"proxy","expiresAt":""}""", "expiresAt" },
        { """{"kind":"proxy","expiresAt":"2099-02-30T12:00:00Z"}""", "expiresAt" },
        { """{"kind":"proxy","expiresAt":"2001-01-31T12:00:00Z"}""", "expiresAt" },
        { """{"kind":"session","expiresAt":"never"}""", "expiresAt" },
        { """{"kind":"session","expiresAt":"2099-01-31T12:00:00Z"}""", "expiresAt" },
        { """{"kind":"proxy","expiresAt":"2099-01-31T12:00:00Z","ttlSeconds":60}""", "ttlSeconds" },
        { """{"kind":"proxy","ttlSeconds":0}""", "ttlSeconds" },
        { """{"kind":"proxy","ttlSeconds":-60}""", "ttlSeconds" },
        { """{"kind":"proxy","ttlSeconds":99999999999}""", "ttlSeconds" },
    };

    [Theory]
    [MemberData(nameof(WrongRequests))]
    public async Task A_wrong_field_is_told_by_its_name_and_no_token_is_made(string request, string field)
    {
        var before = await CountAsync();
        using var answer = await product.Admin.PostAsync("/api/tokens", Json(request));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal("invalid_request", (string)problem["code"]!);
        Assert.Equal([field], problem["errors"]!.AsObject().Select(error => error.Key));
        Assert.Equal(before, await CountAsync());
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"kind":7}""")]
    [InlineData("""{"kind":"proxy","ttlSeconds":"60"}""")]
    [InlineData("""{"kind":"proxy","tokken":"misspelt"}""")]
    public async Task A_body_that_is_none_is_told(string request)
    {
        using var answer = await product.Admin.PostAsync("/api/tokens", Json(request));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), (answer.StatusCode, (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["code"]));
    }

    [Fact]
    public async Task A_token_of_one_s_own_works_and_there_is_no_second_one()
    {
        var own = $"my-own-token-{Guid.NewGuid():n}";
        var made = await product.CreateTokenAsync(new { kind = "proxy", token = own });
        Assert.Equal((own, own[^4..]), ((string)made["token"]!, (string)made["lastFour"]!));
        using var served = await product.ChatAsync(own);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        using var again = await product.Admin.PostAsJsonAsync("/api/tokens", new { kind = "proxy", token = own });
        var problem = JsonNode.Parse(await again.Content.ReadAsStringAsync())!;
        Assert.Equal((HttpStatusCode.Conflict, "duplicate_token"), (again.StatusCode, (string)problem["code"]!));
        Assert.DoesNotContain(own, problem.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_comes_in_pages_newest_first_and_misses_none()
    {
        var project = await product.CreateProjectAsync();
        var made = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            made.Insert(0, (string)(await product.CreateTokenAsync(new { kind = "proxy", project }))["id"]!);
        }
        var listed = new List<string>();
        var pages = 0;
        string? cursor = null;
        do
        {
            var page = (await product.Admin.GetFromJsonAsync<JsonNode>($"/api/tokens?project={project}&limit=3{(cursor is null ? "" : $"&cursor={cursor}")}"))!;
            listed.AddRange(page["tokens"]!.AsArray().Select(token => (string)token!["id"]!));
            cursor = (string?)page["nextCursor"];
            pages++;
        }
        while (cursor is not null);
        Assert.Equal(3, pages);
        // Those of the same millisecond are in the order of their ids.
        Assert.Equal(made.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        foreach (var wrong in new[] { "limit=0", "limit=201", "cursor=nonsense", "limit=many" })
        {
            using var answer = await product.Admin.GetAsync("/api/tokens?" + wrong);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Fact]
    public async Task It_is_known_when_a_token_was_last_used()
    {
        var made = await product.CreateTokenAsync(new { kind = "proxy" });
        Assert.Null((string?)made["lastUsedAt"]);
        using var served = await product.ChatAsync((string)made["token"]!);
        await product.Part<TokenUses>().WriteAsync(CancellationToken.None);
        var used = DateTimeOffset.Parse((string)(await product.Admin.GetFromJsonAsync<JsonNode>($"/api/tokens/{made["id"]}"))!["lastUsedAt"]!, CultureInfo.InvariantCulture);
        Assert.InRange(TimeProvider.System.GetUtcNow() - used, TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(2));
    }

    private async Task<int> CountAsync() => (await product.Admin.GetFromJsonAsync<JsonNode>("/api/tokens?limit=200"))!["tokens"]!.AsArray().Count;

    private static JsonArray Array(params string[] items) => [.. items.Select(item => (JsonNode)item)];

    private static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");
}
