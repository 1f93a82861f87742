using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>A token that is changed: the very next request meets the change, and what the change does not name stays.</summary>
public sealed class TokenChangesTests(Product product) : IClassFixture<Product>
{
    public static TheoryData<string, string, string> Changes => new()
    {
        { """{"providers":["anthropic"]}""", "provider_not_allowed", """{"providers":[]}""" },
        { """{"models":["gpt-5*"]}""", "model_not_allowed", """{"models":["gpt-4o*"]}""" },
        { """{"endpoints":["POST /v1/embeddings"]}""", "endpoint_not_allowed", """{"endpoints":["POST /v1/chat/completions"]}""" },
        { """{"cidrs":["192.0.2.0/24"]}""", "address_not_allowed", """{"cidrs":["127.0.0.0/8","::1/128"]}""" },
        { """{"limits":[{"unit":"tokens","limit":0}]}""", "budget_exceeded", """{"limits":[{"unit":"tokens","limit":100000}]}""" },
        { """{"limits":[{"unit":"requests","limit":0,"window":"minute"}]}""", "rate_limit_exceeded", """{"limits":[]}""" },
        { """{"credential":"cred_of_nobody"}""", "credential_unavailable", """{"credential":""}""" },
        { """{"status":"disabled"}""", "token_revoked", """{"status":"active"}""" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_change_holds_from_the_next_request_on_and_so_does_its_opposite(string change, string code, string back)
    {
        var made = await product.CreateTokenAsync(new { kind = "proxy", label = "kept", features = new[] { "web_search" } });
        await AssertCodeAsync(made, null);
        var changed = await PatchAsync(made, change);
        Assert.Equal(("kept", """["web_search"]"""), ((string)changed["label"]!, changed["features"]!.ToJsonString()));
        await AssertCodeAsync(made, code);
        await PatchAsync(made, back);
        await AssertCodeAsync(made, null);
    }

    [Fact]
    public async Task A_raised_limit_counts_what_was_spent_before()
    {
        var made = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "requests", limit = 1 } } });
        await AssertCodeAsync(made, null);
        await AssertCodeAsync(made, "rate_limit_exceeded");
        await PatchAsync(made, """{"limits":[{"unit":"requests","limit":2}]}""");
        await AssertCodeAsync(made, null);
        await AssertCodeAsync(made, "rate_limit_exceeded");
    }

    [Fact]
    public async Task An_end_that_is_set_later_comes_and_one_that_is_taken_away_does_not()
    {
        var made = await product.CreateTokenAsync(new { kind = "proxy" });
        var ending = await PatchAsync(made, """{"ttlSeconds":1}""");
        Assert.NotNull((string?)ending["expiresAt"]);
        await Product.EventuallyAsync(async () => await CodeAsync(made) == "token_expired", "the token expires");
        Assert.Null((string?)(await PatchAsync(made, """{"expiresAt":"never"}"""))["expiresAt"]);
        await AssertCodeAsync(made, null);
    }

    [Theory]
    [InlineData("proxy", """{"kind":"session"}""", "kind")]
    [InlineData("proxy", """{"token":"another-token-of-mine"}""", "token")]
    [InlineData("proxy", """{"status":"revoked"}""", "status")]
    [InlineData("proxy", """{"expiresAt":"2099-01-31T12:00:00"}""", "expiresAt")]
    [InlineData("session", """{"ttlSeconds":60}""", "expiresAt")]
    [InlineData("session", """{"expiresAt":"2099-01-31T12:00:00Z"}""", "expiresAt")]
    public async Task What_can_t_be_changed_is_told_and_changes_nothing(string kind, string change, string field)
    {
        var made = await product.CreateTokenAsync(new { kind, label = "before" });
        var with = JsonNode.Parse(change)!;
        with["label"] = "after";
        using var answer = await product.Admin.PatchAsync($"/api/tokens/{made["id"]}", JsonContent.Create(with));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal([field], JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["errors"]!.AsObject().Select(error => error.Key));
        Assert.Equal("before", (string)(await product.Admin.GetFromJsonAsync<JsonNode>($"/api/tokens/{made["id"]}"))!["label"]!);
        await AssertCodeAsync(made, null);
    }

    [Fact]
    public async Task A_deleted_token_is_gone_and_its_usage_stays()
    {
        var made = await product.CreateTokenAsync(new { kind = "proxy" });
        await AssertCodeAsync(made, null);
        using (var deleted = await product.Admin.DeleteAsync($"/api/tokens/{made["id"]}"))
        {
            Assert.Equal((HttpStatusCode.NoContent, ""), (deleted.StatusCode, await deleted.Content.ReadAsStringAsync()));
        }
        await AssertCodeAsync(made, "invalid_token");
        foreach (var answer in new[]
        {
            await product.Admin.GetAsync($"/api/tokens/{made["id"]}"), await product.Admin.DeleteAsync($"/api/tokens/{made["id"]}"), await product.Admin.PatchAsync($"/api/tokens/{made["id"]}", JsonContent.Create(new { })),
        })
        {
            Assert.Equal((HttpStatusCode.NotFound, "not_found"), (answer.StatusCode, (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["code"]));
            answer.Dispose();
        }
        Assert.Equal(1, (await product.SettledAsync(made)).Requests);
    }

    private async Task<JsonNode> PatchAsync(JsonNode token, string change)
    {
        using var content = new StringContent(change, System.Text.Encoding.UTF8, "application/json");
        using var answer = await product.Admin.PatchAsync($"/api/tokens/{token["id"]}", content);
        var body = (await answer.Content.ReadFromJsonAsync<JsonNode>())!;
        Assert.True(answer.StatusCode == HttpStatusCode.OK, body.ToJsonString());
        return body;
    }

    private async Task AssertCodeAsync(JsonNode token, string? code) => Assert.Equal(code, await CodeAsync(token));

    private async Task<string?> CodeAsync(JsonNode token)
    {
        using var answer = await product.ChatAsync((string)token["token"]!);
        return answer.Headers.TryGetValues("x-credential-proxy-error", out var codes) ? codes.Single() : null;
    }
}
