using System.Net;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>Every change of state is in the audit log, with who, what, before and after; nothing that was refused is, and no secret.</summary>
public sealed class AuditTests(Product product) : IClassFixture<Product>
{
    private const string Canary = "sk-canary-5f1d7a2b9c";
    private const string TokenCanary = "a-token-canary-77aa88bb";

    [Fact]
    public async Task Every_change_is_written_down_with_what_was_before_and_after()
    {
        using var admin = ControlCalls.AdminOf(product);
        var project = (string)(await admin.CreateAsync("/api/projects", new { name = "audited" }))["id"]!;
        await ChangeAsync(admin, "PATCH", $"/api/projects/{project}", new { name = "renamed" });
        var token = (string)(await admin.CreateAsync("/api/tokens", new { kind = "proxy", token = TokenCanary, project, label = "one" }))["id"]!;
        await ChangeAsync(admin, "PATCH", $"/api/tokens/{token}", new { label = "two", limits = new[] { new { unit = "usd", limit = 1.5 } } });
        await ChangeAsync(admin, "POST", $"/api/tokens/{token}/revoke");
        await ChangeAsync(admin, "DELETE", $"/api/tokens/{token}");
        await ChangeAsync(admin, "DELETE", $"/api/projects/{project}");
        var credential = (string)(await admin.CreateAsync("/api/credentials", new { provider = "openai", secret = Canary, label = "key" }))["id"]!;
        await ChangeAsync(admin, "PATCH", $"/api/credentials/{credential}", new { secret = Canary + "2" });
        await ChangeAsync(admin, "PATCH", $"/api/credentials/{credential}", new { disabled = true });
        await ChangeAsync(admin, "DELETE", $"/api/credentials/{credential}");
        var key = (string)(await admin.CreateAsync("/api/admin-keys", new { role = "viewer" }))["id"]!;
        await ChangeAsync(admin, "POST", $"/api/admin-keys/{key}/revoke");
        await ChangeAsync(admin, "DELETE", $"/api/admin-keys/{key}");
        await ChangeAsync(admin, "POST", "/api/tokens/a-foreign-jti/revoke");

        Assert.Equal(["project.create", "project.change", "project.delete"], await ActionsAsync(admin, project));
        Assert.Equal(["token.create", "token.change", "token.revoke", "token.delete"], await ActionsAsync(admin, token));
        Assert.Equal(["credential.create", "credential.replace-secret", "credential.change", "credential.delete"], await ActionsAsync(admin, credential));
        Assert.Equal(["admin-key.create", "admin-key.revoke", "admin-key.delete"], await ActionsAsync(admin, key));
        Assert.Equal(["token.revoke"], await ActionsAsync(admin, "a-foreign-jti"));

        var change = (await admin.GetAsync($"/api/audit?object={token}&action=token.change"))["events"]![0]!;
        Assert.Equal(("admin-key", "admin"), ((string)change["actor"]!, (string)change["role"]!));
        Assert.Equal(("one", "two", 1.5m), ((string)change["before"]!["label"]!, (string)change["after"]!["label"]!, (decimal)change["after"]!["limits"]![0]!["limit"]!));
        var deleted = (await admin.GetAsync($"/api/audit?object={token}&action=token.delete"))["events"]![0]!;
        Assert.Equal(("revoked", null), ((string?)deleted["before"]!["status"], deleted["after"]));
    }

    [Fact]
    public async Task What_is_refused_or_changes_nothing_is_not_in_it()
    {
        using var admin = ControlCalls.AdminOf(product);
        var token = (string)(await admin.CreateAsync("/api/tokens", new { kind = "proxy", label = "same" }))["id"]!;
        foreach (var (method, path, body) in new (string, string, object?)[]
        {
            ("PATCH", $"/api/tokens/{token}", new { label = "same" }), ("PATCH", $"/api/tokens/{token}", new { models = new[] { "" } }), ("PATCH", $"/api/tokens/{token}", "{"), ("DELETE", "/api/tokens/tok_none", null),
            ("POST", "/api/projects", new { name = "" }),
        })
        {
            await admin.SendAsync(method, path, body);
        }
        Assert.Equal(["token.create"], await ActionsAsync(admin, token));
        Assert.Empty(await ActionsAsync(admin, "tok_none"));
    }

    [Fact]
    public async Task No_secret_is_in_it_nor_in_any_answer_or_log()
    {
        using var admin = ControlCalls.AdminOf(product);
        var made = await admin.CreateAsync("/api/tokens", new { kind = "proxy", token = "another-token-canary-99" });
        var minted = await admin.CreateAsync("/api/session-tokens", new { sub = "ws", provider = "openai" });
        var duplicate = await admin.SendAsync("POST", "/api/tokens", new { kind = "proxy", token = "another-token-canary-99" });
        Assert.Equal((HttpStatusCode.Conflict, "duplicate_token"), (duplicate.Status, duplicate.Code));
        var wrong = await admin.SendAsync("POST", "/api/credentials", new { provider = "nobody", secret = Canary });
        var blank = await admin.SendAsync("POST", "/api/credentials", new { provider = "openai", secret = Canary + " with a blank" });
        var typed = await admin.SendAsync("POST", "/api/credentials", $$"""{"provider":"openai","secret":["{{Canary}}"]}""");
        Assert.All([wrong, blank, typed], answer => Assert.Equal(HttpStatusCode.BadRequest, answer.Status));
        var audit = string.Concat((await admin.AllAsync("/api/audit", "events", 200)).Select(entry => entry.ToJsonString()));
        Assert.Contains((string)made["id"]!, audit, StringComparison.Ordinal);
        Assert.Contains((string)minted["id"]!, audit, StringComparison.Ordinal);
        foreach (var secret in new[] { Canary, "another-token-canary-99", (string)minted["token"]!, product.AdminKey })
        {
            Assert.All([audit, wrong.Text, blank.Text, typed.Text, duplicate.Text], text => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
            Assert.DoesNotContain(product.Log, line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    private static async Task ChangeAsync(ControlCalls admin, string method, string path, object? body = null)
    {
        var answer = await admin.SendAsync(method, path, body);
        Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.NoContent, answer.Text);
    }

    private static async Task<IEnumerable<string>> ActionsAsync(ControlCalls admin, string id) =>
        (await admin.AllAsync($"/api/audit?object={id}", "events", 2)).Select(entry => (string)entry["action"]!).Reverse();
}
