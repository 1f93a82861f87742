using System.Globalization;
using System.Net;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>Every change of state is in the audit log, with who, what, before and after; nothing that was refused is, and no secret.</summary>
public abstract class AuditContract
{
    private const string Canary = "sk-canary-5f1d7a2b9c";
    private const string TokenCanary = "a-token-canary-77aa88bb";

    /// <summary>An admin of the control plane.</summary>
    protected abstract ControlCalls Admin { get; }

    /// <summary>That admin's key.</summary>
    protected abstract string AdminKey { get; }

    /// <summary>Everything that the control plane logged.</summary>
    protected abstract IEnumerable<string> Log { get; }

    [Fact]
    public async Task Every_change_is_written_down_with_what_was_before_and_after()
    {
        var project = (string)(await Admin.CreateAsync("/api/projects", new { name = "audited" }))["id"]!;
        await ChangeAsync("PATCH", $"/api/projects/{project}", new { name = "renamed" });
        var token = (string)(await Admin.CreateAsync("/api/tokens", new { kind = "proxy", token = TokenCanary, project, label = "one" }))["id"]!;
        await ChangeAsync("PATCH", $"/api/tokens/{token}", new { label = "two", limits = new[] { new { unit = "usd", limit = 1.5 } } });
        await ChangeAsync("POST", $"/api/tokens/{token}/revoke");
        await ChangeAsync("DELETE", $"/api/tokens/{token}");
        await ChangeAsync("DELETE", $"/api/projects/{project}");
        var credential = (string)(await Admin.CreateAsync("/api/credentials", new { provider = "openai", secret = Canary, label = "key" }))["id"]!;
        await ChangeAsync("PATCH", $"/api/credentials/{credential}", new { secret = Canary + "2" });
        await ChangeAsync("PATCH", $"/api/credentials/{credential}", new { disabled = true });
        await ChangeAsync("DELETE", $"/api/credentials/{credential}");
        var key = (string)(await Admin.CreateAsync("/api/admin-keys", new { role = "viewer" }))["id"]!;
        await ChangeAsync("POST", $"/api/admin-keys/{key}/revoke");
        await ChangeAsync("DELETE", $"/api/admin-keys/{key}");
        await ChangeAsync("POST", "/api/tokens/a-foreign-jti/revoke");
        await ChangeAsync("POST", "/api/tokens/a-foreign-jti/revoke");

        Assert.Equal(["project.create", "project.change", "project.delete"], await ActionsAsync(project));
        Assert.Equal(["token.create", "token.change", "token.revoke", "token.delete"], await ActionsAsync(token));
        Assert.Equal(["credential.create", "credential.replace-secret", "credential.change", "credential.delete"], await ActionsAsync(credential));
        Assert.Equal(["admin-key.create", "admin-key.revoke", "admin-key.delete"], await ActionsAsync(key));
        // Said again it holds for as long again.
        Assert.Equal(["token.revoke", "token.revoke"], await ActionsAsync("a-foreign-jti"));
        var again = (await Admin.GetAsync("/api/audit?object=a-foreign-jti"))["events"]![0]!;
        Assert.True(DateTimeOffset.Parse((string)again["after"]!["revokedAt"]!, CultureInfo.InvariantCulture) > DateTimeOffset.Parse((string)again["before"]!["revokedAt"]!, CultureInfo.InvariantCulture));

        var change = (await Admin.GetAsync($"/api/audit?object={token}&action=token.change"))["events"]![0]!;
        Assert.Equal(("admin-key", "admin"), ((string)change["actor"]!, (string)change["role"]!));
        Assert.Equal(("one", "two", 1.5m), ((string)change["before"]!["label"]!, (string)change["after"]!["label"]!, (decimal)change["after"]!["limits"]![0]!["limit"]!));
        var deleted = (await Admin.GetAsync($"/api/audit?object={token}&action=token.delete"))["events"]![0]!;
        Assert.Equal(("revoked", null), ((string?)deleted["before"]!["status"], deleted["after"]));
    }

    [Fact]
    public async Task What_is_refused_or_changes_nothing_is_not_in_it()
    {
        var token = (string)(await Admin.CreateAsync("/api/tokens", new { kind = "proxy", label = "same" }))["id"]!;
        foreach (var (method, path, body) in new (string, string, object?)[]
        {
            ("PATCH", $"/api/tokens/{token}", new { label = "same" }), ("PATCH", $"/api/tokens/{token}", new { models = new[] { "" } }), ("PATCH", $"/api/tokens/{token}", "{"), ("DELETE", "/api/tokens/tok_none", null),
            ("POST", "/api/projects", new { name = "" }),
        })
        {
            await Admin.SendAsync(method, path, body);
        }
        Assert.Equal(["token.create"], await ActionsAsync(token));
        Assert.Empty(await ActionsAsync("tok_none"));
    }

    [Fact]
    public async Task No_secret_is_in_it_nor_in_any_answer_or_log()
    {
        var made = await Admin.CreateAsync("/api/tokens", new { kind = "proxy", token = "another-token-canary-99" });
        var minted = await Admin.CreateAsync("/api/session-tokens", new { sub = "ws", provider = "openai" });
        var duplicate = await Admin.SendAsync("POST", "/api/tokens", new { kind = "proxy", token = "another-token-canary-99" });
        Assert.Equal((HttpStatusCode.Conflict, "duplicate_token"), (duplicate.Status, duplicate.Code));
        var wrong = await Admin.SendAsync("POST", "/api/credentials", new { provider = "nobody", secret = Canary });
        var blank = await Admin.SendAsync("POST", "/api/credentials", new { provider = "openai", secret = Canary + " with a blank" });
        var typed = await Admin.SendAsync("POST", "/api/credentials", $$"""{"provider":"openai","secret":["{{Canary}}"]}""");
        Assert.All([wrong, blank, typed], answer => Assert.Equal(HttpStatusCode.BadRequest, answer.Status));
        var audit = string.Concat((await Admin.AllAsync("/api/audit", "events", 200)).Select(entry => entry.ToJsonString()));
        Assert.Contains((string)made["id"]!, audit, StringComparison.Ordinal);
        Assert.Contains((string)minted["id"]!, audit, StringComparison.Ordinal);
        foreach (var secret in new[] { Canary, "another-token-canary-99", (string)minted["token"]!, AdminKey })
        {
            Assert.All([audit, wrong.Text, blank.Text, typed.Text, duplicate.Text], text => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
            Assert.DoesNotContain(Log, line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    private async Task ChangeAsync(string method, string path, object? body = null)
    {
        var answer = await Admin.SendAsync(method, path, body);
        Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.NoContent, answer.Text);
    }

    private async Task<IEnumerable<string>> ActionsAsync(string id) =>
        (await Admin.AllAsync($"/api/audit?object={id}", "events", 2)).Select(entry => (string)entry["action"]!).Reverse();
}

/// <summary>The audit log of the embedded store.</summary>
public sealed class AuditOnSqliteTests(Product product) : AuditContract, IClassFixture<Product>, IDisposable
{
    protected override ControlCalls Admin { get; } = ControlCalls.AdminOf(product);

    protected override string AdminKey => product.AdminKey;

    protected override IEnumerable<string> Log => product.Log;

    public void Dispose() => Admin.Dispose();
}

/// <summary>The audit log on Postgres.</summary>
public sealed class AuditOnPostgresTests(PostgresControlPlane control) : AuditContract, IClassFixture<PostgresControlPlane>, IDisposable
{
    protected override ControlCalls Admin { get; } = new(control.Address, PostgresControlPlane.AdminKey);

    protected override string AdminKey => PostgresControlPlane.AdminKey;

    protected override IEnumerable<string> Log => control.Log;

    public void Dispose() => Admin.Dispose();
}
