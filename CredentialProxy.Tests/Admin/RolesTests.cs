using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Gateway.Tokens;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>Who may do what on the control plane: every route with every role, and a minter's ceilings.</summary>
public sealed class RolesTests(SharedSecret shared) : IClassFixture<SharedSecret>
{
    private static readonly object Narrow = new
    {
        providers = new[] { "openai" },
        models = new[] { "gpt-4o*" },
        endpoints = new[] { "POST /v1/chat/*" },
        features = new[] { "files" },
        limits = new[] { new { unit = "usd", limit = 2, window = "day" } },
        maxTtlSeconds = 3600,
    };

    private readonly Product _product = shared.Product;

    // What each role may: a viewer (v), a minter (m). An admin may everything.
    public static TheoryData<string, string, string> Routes => new()
    {
        { "GET", "/api/tokens", "vm" },
        { "POST", "/api/tokens", "m" },
        { "GET", "/api/tokens/tok_none", "vm" },
        { "PATCH", "/api/tokens/tok_none", "m" },
        { "POST", "/api/tokens/tok_none/revoke", "m" },
        { "DELETE", "/api/tokens/tok_none", "m" },
        { "GET", "/api/projects", "v" },
        { "POST", "/api/projects", "" },
        { "GET", "/api/projects/none", "v" },
        { "PATCH", "/api/projects/none", "" },
        { "DELETE", "/api/projects/none", "" },
        { "GET", "/api/credentials", "v" },
        { "POST", "/api/credentials", "" },
        { "GET", "/api/credentials/none", "v" },
        { "PATCH", "/api/credentials/none", "" },
        { "DELETE", "/api/credentials/none", "" },
        { "GET", "/api/admin-keys", "v" },
        { "POST", "/api/admin-keys", "" },
        { "GET", "/api/admin-keys/none", "v" },
        { "POST", "/api/admin-keys/none/revoke", "" },
        { "DELETE", "/api/admin-keys/none", "" },
        { "GET", "/api/signing-keys", "v" },
        { "POST", "/api/signing-keys", "" },
        { "GET", "/api/signing-keys/none", "v" },
        { "POST", "/api/signing-keys/none/retire", "" },
        { "DELETE", "/api/signing-keys/none", "" },
        { "GET", "/.well-known/jwks.json", "vm" },
        { "GET", "/api/audit", "v" },
        { "GET", "/api/tokens/tok_none/limits", "vm" },
        { "POST", "/api/tokens/tok_none/limits/top-up", "" },
        { "POST", "/api/tokens/tok_none/limits/reset", "" },
        { "GET", "/api/projects/none/limits", "v" },
        { "POST", "/api/projects/none/limits/top-up", "" },
        { "POST", "/api/projects/none/limits/reset", "" },
        { "GET", "/api/credentials/none/limits", "v" },
        { "POST", "/api/credentials/none/limits/top-up", "" },
        { "POST", "/api/credentials/none/limits/reset", "" },
        { "POST", "/api/credentials/none/test", "" },
        { "GET", "/api/usage/records", "v" },
        { "GET", "/api/usage/records.csv", "v" },
        { "GET", "/api/prices", "vm" },
        { "POST", "/api/prices", "" },
        { "GET", "/api/prices/none", "vm" },
        { "PUT", "/api/prices/none", "" },
        { "DELETE", "/api/prices/none", "" },
        { "POST", "/api/quote", "vm" },
        { "GET", "/api/usage", "v" },
        { "GET", "/usage", "v" },
        { "POST", "/api/session-tokens", "" },
        { "POST", "/api/session-tokens/verify", "v" },
        { "POST", "/api/objects/give", "" },
        { "POST", "/api/objects/take", "" },
        { "GET", "/api/nothing", "" },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_route_is_open_to_its_roles_and_to_no_other(string method, string path, string roles)
    {
        using var admin = ControlCalls.AdminOf(_product);
        using var viewer = await admin.WithRoleAsync("viewer");
        using var minter = await admin.WithRoleAsync("minter", Narrow);
        var body = method is "POST" or "PATCH" or "PUT" ? new { } : null;
        Assert.NotEqual(HttpStatusCode.Forbidden, (await admin.SendAsync(method, path, body)).Status);
        foreach (var (caller, letter, name) in new[] { (viewer, 'v', "viewer"), (minter, 'm', "minter") })
        {
            var answer = await caller.SendAsync(method, path, body);
            Assert.True(roles.Contains(letter) == (answer.Status != HttpStatusCode.Forbidden), $"{name}: {answer.Text}");
            if (answer.Status == HttpStatusCode.Forbidden)
            {
                Assert.Equal(("admin_required", "application/problem+json"), (answer.Code, answer.ContentType));
                Assert.Contains("'admin'", (string)answer.Json["detail"]!, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Every_route_that_is_served_is_in_the_table()
    {
        var document = JsonNode.Parse(await _product.Client.GetStringAsync(new Uri(_product.Control, "/openapi/v1.json")))!;
        var served = document["paths"]!.AsObject().Where(path => path.Key != "/health").SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key.TrimEnd('/')}"));
        var tested = Routes.Select(row => $"{row.Data.Item1} {row.Data.Item2.Replace("tok_none", "{id}", StringComparison.Ordinal).Replace("none", "{id}", StringComparison.Ordinal)}");
        Assert.Empty(served.Except(tested));
    }

    [Fact]
    public async Task What_a_minter_leaves_out_is_its_ceiling()
    {
        using var admin = ControlCalls.AdminOf(_product);
        using var minter = await admin.WithRoleAsync("minter", Narrow);
        var made = await minter.CreateAsync("/api/tokens", new { kind = "proxy" });
        Assert.Equal(("""["openai"]""", """["gpt-4o*"]""", """["POST /v1/chat/*"]""", "[]"), (Json(made, "providers"), Json(made, "models"), Json(made, "endpoints"), Json(made, "features")));
        Assert.Equal(("usd", 2m, "day"), ((string)made["limits"]![0]!["unit"]!, (decimal)made["limits"]![0]!["limit"]!, (string)made["limits"]![0]!["window"]!));
        Assert.Equal(TimeSpan.FromHours(1), (DateTimeOffset)made["expiresAt"]! - (DateTimeOffset)made["createdAt"]!);
        using var allowed = await _product.ChatAsync((string)made["token"]!);
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
    }

    public static TheoryData<string, string> Beyond => new()
    {
        { """{"kind":"proxy","providers":["openai","anthropic"]}""", "providers" },
        { """{"kind":"proxy","models":["*"]}""", "models" },
        { """{"kind":"proxy","models":["gpt-4o-mini","gpt-5"]}""", "models" },
        { """{"kind":"proxy","models":["ft:gpt-4o*"]}""", "models" },
        { """{"kind":"proxy","endpoints":["/v1/chat/*"]}""", "endpoints" },
        { """{"kind":"proxy","endpoints":["POST /v1/*"]}""", "endpoints" },
        { """{"kind":"proxy","features":["files","web_search"]}""", "features" },
        { """{"kind":"proxy","project":"roles"}""", "project" },
        { """{"kind":"proxy","limits":[{"unit":"usd","limit":2.000001,"window":"day"}]}""", "limits" },
        { """{"kind":"proxy","ttlSeconds":3601}""", "expiresAt" },
        { """{"kind":"proxy","expiresAt":"never"}""", "" },
        { """{"kind":"proxy","expiresAt":"2099-01-31T12:00:00Z"}""", "expiresAt" },
        { """{"kind":"proxy","token":"a-token-of-my-own"}""", "token" },
        { """{"kind":"session","ttlSeconds":7200}""", "expiresAt" },
    };

    [Theory]
    [MemberData(nameof(Beyond))]
    public async Task A_minter_can_t_go_beyond_its_ceilings(string request, string field)
    {
        using var admin = ControlCalls.AdminOf(_product);
        await admin.SendAsync("POST", "/api/projects", new { id = "roles", name = "roles" });
        using var minter = await admin.WithRoleAsync("minter", Narrow);
        var answer = await minter.SendAsync("POST", "/api/tokens", request);
        if (field.Length == 0)
        {
            // Never is the most that there may be, which is an hour.
            Assert.True((DateTimeOffset)answer.Json["expiresAt"]! <= TimeProvider.System.GetUtcNow().AddHours(1));
            return;
        }
        Assert.Equal((HttpStatusCode.BadRequest, field), (answer.Status, string.Join(",", answer.Fields)));
        Assert.Empty(await minter.AllAsync("/api/tokens", "tokens", 50));
    }

    [Fact]
    public async Task A_minter_s_token_can_t_be_widened_later()
    {
        using var admin = ControlCalls.AdminOf(_product);
        using var minter = await admin.WithRoleAsync("minter", Narrow);
        var id = (string)(await minter.CreateAsync("/api/tokens", new { kind = "proxy", models = new[] { "gpt-4o-mini" } }))["id"]!;
        foreach (var (change, field) in new[] { ("""{"models":["gpt-5"]}""", "models"), ("""{"limits":[{"unit":"usd","limit":3,"window":"day"}]}""", "limits"), ("""{"ttlSeconds":7200}""", "expiresAt"), ("""{"features":["videos"]}""", "features") })
        {
            Assert.Equal([field], (await minter.SendAsync("PATCH", $"/api/tokens/{id}", change)).Fields);
        }
        // What is taken away of a limit is the ceiling again.
        var changed = await minter.SendAsync("PATCH", $"/api/tokens/{id}", """{"limits":[],"models":[]}""");
        Assert.Equal((HttpStatusCode.OK, """["gpt-4o*"]""", 1), (changed.Status, Json(changed.Json, "models"), changed.Json["limits"]!.AsArray().Count));
    }

    [Fact]
    public async Task A_minter_sees_and_changes_only_what_it_minted()
    {
        using var admin = ControlCalls.AdminOf(_product);
        using var minter = await admin.WithRoleAsync("minter", Narrow);
        using var other = await admin.WithRoleAsync("minter", Narrow);
        var own = (string)(await minter.CreateAsync("/api/tokens", new { kind = "proxy" }))["id"]!;
        var theirs = (string)(await other.CreateAsync("/api/tokens", new { kind = "proxy" }))["id"]!;
        var admins = (string)(await admin.CreateAsync("/api/tokens", new { kind = "proxy" }))["id"]!;

        Assert.Equal([own], (await minter.AllAsync("/api/tokens", "tokens", 50)).Select(token => (string)token["id"]!));
        foreach (var id in new[] { theirs, admins, "jti-of-another-system" })
        {
            foreach (var (method, path, body) in new (string, string, object?)[] { ("GET", "", null), ("PATCH", "", new { label = "mine" }), ("POST", "/revoke", null), ("DELETE", "", null) })
            {
                Assert.Equal(HttpStatusCode.NotFound, (await minter.SendAsync(method, $"/api/tokens/{id}{path}", body)).Status);
            }
            Assert.Equal(HttpStatusCode.NotFound, (await minter.SendAsync("GET", $"/api/usage?token={id}")).Status);
        }
        Assert.Equal(0, (int)(await minter.GetAsync($"/api/usage?token={own}"))["totals"]!["requests"]!);
        Assert.Equal(HttpStatusCode.Forbidden, (await minter.SendAsync("GET", "/api/usage")).Status);
        Assert.Equal(HttpStatusCode.OK, (await minter.SendAsync("POST", $"/api/tokens/{own}/revoke")).Status);
    }

    [Fact]
    public async Task A_key_that_is_revoked_deleted_or_expired_is_refused_at_once()
    {
        using var admin = ControlCalls.AdminOf(_product);
        foreach (var (end, detail) in new[] { ("revoke", "revoked"), ("delete", "right one"), ("expire", "expired") })
        {
            var answer = await admin.SendAsync("POST", "/api/admin-keys", end == "expire" ? new { role = "viewer", expiresAt = Soon() } : (object)new { role = "viewer" });
            Assert.Equal(HttpStatusCode.Created, answer.Status);
            using var viewer = new ControlCalls(_product.Control, (string)answer.Json["key"]!);
            var path = $"/api/admin-keys/{answer.Json["id"]}";
            Assert.Equal(HttpStatusCode.OK, (await viewer.SendAsync("GET", "/api/audit")).Status);
            if (end != "expire")
            {
                Assert.True((await (end == "revoke" ? admin.SendAsync("POST", path + "/revoke") : admin.SendAsync("DELETE", path))).Status is HttpStatusCode.OK or HttpStatusCode.NoContent);
            }
            await Product.EventuallyAsync(async () => (await viewer.SendAsync("GET", "/api/audit")).Status == HttpStatusCode.Unauthorized, "the key ends");
            Assert.Contains(detail, (string)(await viewer.SendAsync("GET", "/api/audit")).Json["detail"]!, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_key_is_shown_once_and_kept_as_a_hash()
    {
        using var admin = ControlCalls.AdminOf(_product);
        var made = await admin.CreateAsync("/api/admin-keys", new { role = "viewer", label = "shown once" });
        var key = (string)made["key"]!;
        Assert.Equal((key[^4..], "active"), ((string)made["lastFour"]!, (string)made["status"]!));
        foreach (var path in new[] { "/api/admin-keys", $"/api/admin-keys/{made["id"]}", "/api/audit" })
        {
            var text = (await admin.SendAsync("GET", path)).Text;
            Assert.Contains((string)made["id"]!, text, StringComparison.Ordinal);
            Assert.DoesNotContain(key, text, StringComparison.Ordinal);
        }
        Assert.DoesNotContain(_product.Log, line => line.Contains(key, StringComparison.Ordinal));
        Assert.All(Directory.GetFiles(_product.DataDirectory, "*.db*"), file => Assert.DoesNotContain(key, Read(file), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_JWT_has_the_role_that_it_states_and_a_minter_s_its_own_ceilings()
    {
        using var viewer = Jwt(("role", "viewer"));
        Assert.Equal(HttpStatusCode.OK, (await viewer.SendAsync("GET", "/api/projects")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.SendAsync("POST", "/api/projects", new { name = "x" })).Status);
        using var admin = Jwt(("roles", new[] { "something", "admin", "viewer" }));
        Assert.Equal(HttpStatusCode.OK, (await admin.SendAsync("GET", "/api/admin-keys")).Status);
        using var minter = Jwt(("role", "minter"), ("ceilings", Narrow));
        var made = await minter.CreateAsync("/api/tokens", new { kind = "proxy" });
        Assert.Equal(("jwt:ops", """["openai"]"""), ((string)made["mintedBy"]!, Json(made, "providers")));
        Assert.Equal(["models"], (await minter.SendAsync("POST", "/api/tokens", """{"kind":"proxy","models":["o1"]}""")).Fields);
        foreach (var ceilings in new object?[] { null, "none", new { providers = new[] { "nobody" } }, new { unknown = 1 } })
        {
            using var boundless = Jwt(("role", "minter"), ("ceilings", ceilings));
            Assert.Equal(HttpStatusCode.Forbidden, (await boundless.SendAsync("POST", "/api/tokens", new { kind = "proxy" })).Status);
        }
    }

    private ControlCalls Jwt(params (string Name, object? Value)[] claims) => new(_product.Control, SharedSecret.Admin(claims));

    private static string Soon() => TimeProvider.System.GetUtcNow().AddSeconds(1.5).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);

    private static string Json(JsonNode node, string field) => node[field]!.ToJsonString();

    private static string Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
        return reader.ReadToEnd();
    }
}
