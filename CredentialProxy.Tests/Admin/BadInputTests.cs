using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>What makes no sense, and what is meant to do harm, in every field of the control API: told by the field's name, with nothing half-applied.</summary>
public abstract class BadInputContract
{
    /// <summary>An admin of the control plane.</summary>
    protected abstract ControlCalls Admin { get; }

    private static readonly string Long = new('x', 201);
    private static readonly string Many = JsonSerializer.Serialize(Enumerable.Range(0, 101).Select(number => $"m{number}"));

    [Theory]
    [InlineData("env:CREDENTIAL_PROXY_MASTER_KEY")]
    [InlineData("env:CREDENTIAL_PROXY_ADMIN_KEY")]
    [InlineData("env:ConnectionStrings__postgres")]
    public async Task No_secret_of_the_program_becomes_a_credential(string secret)
    {
        var answer = await Admin.SendAsync("POST", "/api/credentials", new { provider = "openai", secret });
        Assert.Equal((HttpStatusCode.BadRequest, "secret"), (answer.Status, Assert.Single(answer.Fields)));
        Assert.Contains("no provider may be sent", answer.Text, StringComparison.Ordinal);
    }

    // A field that is wrong, where, and the name that it is told by.
    public static TheoryData<string, string, string> Wrong => new()
    {
        { "/api/projects", """{"name":""}""", "name" },
        { "/api/projects", $$"""{"name":"{{Long}}"}""", "name" },
        { "/api/projects", """{"name":"a\nb"}""", "name" },
        { "/api/projects", """{"name":"a\u0000b"}""", "name" },
        { "/api/projects", """{"name":null}""", "name" },
        { "/api/projects", """{"name":7}""", "name" },
        { "/api/projects", """{"name":"n","id":"'; DROP TABLE tokens; --"}""", "id" },
        { "/api/projects", """{"name":"n","id":""}""", "id" },
        { "/api/projects", """{"name":"n","id":"a\n"}""", "id" },
        { "/api/projects", """{"name":"n","limits":[{"unit":"usd","limit":-1}]}""", "limits[0]" },
        { "/api/projects", """{"name":"n","limits":[{"unit":"usd","limit":0.0000001}]}""", "limits[0]" },
        { "/api/projects", """{"name":"n","limits":[{"unit":"tokens","limit":1.5}]}""", "limits[0]" },
        { "/api/projects", """{"name":"n","limits":[{"unit":"tokens","limit":9007199254740992}]}""", "limits[0]" },
        { "/api/projects", """{"name":"n","limits":[{"unit":"tokens","limit":1e400}]}""", "limits[0].limit" },
        { "/api/projects", """{"name":"n","limits":[{"unit":"tokens","limit":"5"}]}""", "limits[0].limit" },
        { "/api/projects", """{"name":"n","limits":[{"unit":"euros","limit":1}]}""", "limits[0]" },
        { "/api/projects", """{"name":"n","limits":[{"unit":"tokens","limit":1,"window":"decade"}]}""", "limits[0]" },
        { "/api/projects", """{"name":"n","limits":[{"unit":"concurrent","limit":1,"window":"day"}]}""", "limits[0]" },
        { "/api/projects", """{"name":"n","limits":[null]}""", "limits[0]" },
        { "/api/projects", """{"name":"n","limits":{}}""", "limits" },
        { "/api/projects", """{"name":"n","limits":[{"unit":"tokens","limit":1,"wndow":"day"}]}""", "limits[0].wndow" },
        { "/api/projects", """{"name":"n","tokenLimits":[{"unit":"tokens","limit":-1}]}""", "tokenLimits[0]" },
        { "/api/projects", """{"name":"n","features":["everything"]}""", "features" },
        { "/api/tokens", """{"kind":"proxy","project":"a\u0000b"}""", "project" },
        { "/api/tokens", """{"kind":"proxy","project":"' OR '1'='1"}""", "project" },
        { "/api/tokens", """{"kind":"proxy","credential":"a\u0000b"}""", "credential" },
        { "/api/tokens", $$"""{"kind":"proxy","label":"{{Long}}"}""", "label" },
        { "/api/tokens", """{"kind":"proxy","label":"a\u0000b"}""", "label" },
        { "/api/tokens", """{"kind":"proxy","models":["a b"]}""", "models" },
        { "/api/tokens", """{"kind":"proxy","models":[null]}""", "models" },
        { "/api/tokens", """{"kind":"proxy","ttlSeconds":0.5}""", "ttlSeconds" },
        { "/api/tokens", """{"kind":"proxy","expiresAt":"2001-01-31T12:00:00Z"}""", "expiresAt" },
        { "/api/credentials", """{"provider":"nobody","secret":"sk-x"}""", "provider" },
        { "/api/credentials", """{"provider":"openai"}""", "secret" },
        { "/api/credentials", """{"provider":"openai","secret":""}""", "secret" },
        { "/api/credentials", """{"provider":"openai","secret":"sk-a b"}""", "secret" },
        { "/api/credentials", """{"provider":"openai","secret":"sk-\r\nX-Evil: 1"}""", "secret" },
        { "/api/credentials", """{"provider":"openai","secret":"env:NOT_SET_ANYWHERE"}""", "secret" },
        { "/api/credentials", """{"provider":"openai","secret":"file:/no/such/file"}""", "secret" },
        { "/api/credentials", $$"""{"provider":"openai","secret":"sk-x","label":"{{Long}}"}""", "label" },
        { "/api/credentials", """{"provider":"openai","secret":"sk-x","disabled":"no"}""", "disabled" },
        { "/api/prices", """{"match":["m"],"input":1}""", "provider" },
        { "/api/prices", """{"provider":"nobody","match":["m"],"input":1}""", "provider" },
        { "/api/prices", """{"provider":"openai' --","match":["m"],"input":1}""", "provider" },
        { "/api/prices", """{"provider":"openai","input":1}""", "match" },
        { "/api/prices", """{"provider":"openai","match":[],"input":1}""", "match" },
        { "/api/prices", """{"provider":"openai","match":["m","m"],"input":1}""", "match" },
        { "/api/prices", """{"provider":"openai","match":["m",""],"input":1}""", "match[1]" },
        { "/api/prices", """{"provider":"openai","match":["a b"],"input":1}""", "match[0]" },
        { "/api/prices", """{"provider":"openai","match":["a\u0000b"],"input":1}""", "match[0]" },
        { "/api/prices", """{"provider":"openai","match":[null],"input":1}""", "match[0]" },
        { "/api/prices", $$"""{"provider":"openai","match":["{{new string('x', 257)}}"],"input":1}""", "match[0]" },
        { "/api/prices", $$"""{"provider":"openai","match":{{Many}},"input":1}""", "match" },
        { "/api/prices", """{"provider":"openai","match":["m"]}""", "input" },
        { "/api/prices", """{"provider":"openai","match":["m"],"output":1}""", "input" },
        { "/api/prices", """{"provider":"openai","match":["m"],"context":1,"factors":{"flex":0.5}}""", "input" },
        { "/api/prices", """{"provider":"openai","match":["m"],"input":-0.01}""", "input" },
        { "/api/prices", """{"provider":"openai","match":["m"],"input":1000000.01}""", "input" },
        { "/api/prices", """{"provider":"openai","match":["m"],"input":1e400}""", "input" },
        { "/api/prices", """{"provider":"openai","match":["m"],"input":"1"}""", "input" },
        { "/api/prices", """{"provider":"openai","match":["m"],"input":1,"videoOutput":-1}""", "videoOutput" },
        { "/api/prices", """{"provider":"openai","match":["m"],"input":1,"inptu":1}""", "inptu" },
        { "/api/prices", """{"provider":"openai","match":["m"],"input":1,"context":0}""", "context" },
        { "/api/prices", """{"provider":"openai","match":["m"],"input":1,"maxOutput":100000001}""", "maxOutput" },
        { "/api/prices", """{"provider":"openai","match":["m"],"input":1,"tiers":[{"above":5,"input":1},{"above":5,"input":1}]}""", "tiers[1].above" },
        { "/api/prices", """{"provider":"openai","match":["m"],"input":1,"tiers":[{"above":-5,"input":1}]}""", "tiers[0].above" },
        { "/api/prices", """{"provider":"openai","match":["m"],"input":1,"tiers":[{"above":5,"output":1}]}""", "tiers[0].input" },
        { "/api/prices", """{"provider":"openai","match":["m"],"input":1,"tiers":[null]}""", "tiers[0]" },
        { "/api/prices", """{"provider":"openai","match":["m"],"factors":{"us":1001}}""", "factors.us" },
        { "/api/prices", """{"provider":"openai","match":["m"],"factors":{"warp":1}}""", "factors.warp" },
        { "/api/prices", """{"provider":"openai","match":["m"],"tools":[null]}""", "tools[0]" },
        { "/api/prices", """{"provider":"openai","match":["m"],"tools":[{"tool":"oracle"}]}""", "tools[0].tool" },
        { "/api/prices", """{"provider":"openai","match":["m"],"tools":[{"tool":"maps"},{"tool":"maps"}]}""", "tools[1].tool" },
        { "/api/prices", """{"provider":"openai","match":["m"],"tools":[{"tool":"maps","perCall":-1}]}""", "tools[0].perCall" },
        { "/api/prices", """{"provider":"openai","match":["m"],"tools":[{"tool":"maps","perRequest":1001}]}""", "tools[0].perRequest" },
        { "/api/prices", """{"provider":"openai","match":["m"],"tools":[{"tool":"maps","tokensPerCall":-1}]}""", "tools[0].tokensPerCall" },
        { "/api/prices", $$"""{"provider":"openai","match":["m"],"input":1,"source":"{{Long}}"}""", "source" },
        { "/api/prices", """{"provider":"openai","match":["m"],"input":1,"source":"a\u0000b"}""", "source" },
        { "/api/admin-keys", "{}", "role" },
        { "/api/admin-keys", """{"role":"root"}""", "role" },
        { "/api/admin-keys", """{"role":"minter"}""", "ceilings" },
        { "/api/admin-keys", """{"role":"viewer","ceilings":{}}""", "ceilings" },
        { "/api/admin-keys", """{"role":"viewer","expiresAt":"2001-01-31T12:00:00Z"}""", "expiresAt" },
        { "/api/admin-keys", """{"role":"viewer","expiresAt":"tomorrow"}""", "expiresAt" },
        { "/api/admin-keys", """{"role":"minter","ceilings":{"models":["a b"]}}""", "ceilings.models" },
        { "/api/admin-keys", """{"role":"minter","ceilings":{"endpoints":["v1"]}}""", "ceilings.endpoints" },
        { "/api/admin-keys", """{"role":"minter","ceilings":{"features":["all"]}}""", "ceilings.features" },
        { "/api/admin-keys", """{"role":"minter","ceilings":{"projects":[""]}}""", "ceilings.projects" },
        { "/api/admin-keys", """{"role":"minter","ceilings":{"limits":[{"unit":"usd","limit":-1}]}}""", "ceilings.limits[0]" },
        { "/api/admin-keys", """{"role":"minter","ceilings":{"maxTtlSeconds":0}}""", "ceilings.maxTtlSeconds" },
        { "/api/session-tokens", """{"sub":"a\u0000b","provider":"openai"}""", "sub" },
        { "/api/objects/give", """{"provider":"openai","kind":"file","id":"x","project":"a\u0000b"}""", "project" },
        { "/api/objects/give", """{"provider":"openai","kind":"file","id":"x","token":"a\u0000b"}""", "token" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_field_is_told_by_its_name_and_nothing_is_made(string path, string request, string field)
    {
        var before = await AuditedAsync();
        var answer = await Admin.SendAsync("POST", path, request);
        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json", "invalid_request"), (answer.Status, answer.ContentType, answer.Code));
        Assert.Equal(field, string.Join(",", answer.Fields));
        Assert.Equal(before, await AuditedAsync());
    }

    // Into every text that is kept as it is, and every text that is looked for.
    public static TheoryData<string> Hostile => new("'; DROP TABLE tokens; --", "\" OR \"\"=\"", "%' OR '1'='1", "redis.call('FLUSHALL')", "\\'); DELETE FROM audit; --", "${jndi:ldap://x}", "{{7*7}}", "<script>alert(1)</script>", "../../etc/passwd", "]]> &amp;", "𝕌nicode ‮ text");

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task What_means_something_to_a_database_is_a_text_like_any_other(string text)
    {
        var project = await Admin.CreateAsync("/api/projects", new { name = text });
        var token = await Admin.CreateAsync("/api/tokens", new { kind = "proxy", label = text, project = text, credential = text });
        var credential = await Admin.CreateAsync("/api/credentials", new { provider = "openai", secret = "sk-kept", label = text, disabled = true });
        var key = await Admin.CreateAsync("/api/admin-keys", new { role = "viewer", label = text });
        Assert.Equal((text, text, text), ((string)(await Admin.GetAsync($"/api/tokens/{token["id"]}"))["label"]!, (string)(await Admin.GetAsync($"/api/credentials/{credential["id"]}"))["label"]!, (string)(await Admin.GetAsync($"/api/admin-keys/{key["id"]}"))["label"]!));
        Assert.Equal((string)project["id"]!, (string)token["project"]!);
        var search = Uri.EscapeDataString(text);
        Assert.Equal([(string)token["id"]!], (await Admin.AllAsync($"/api/tokens?search={search}", "tokens", 50)).Select(found => (string)found["id"]!));
        Assert.Equal([(string)project["id"]!], (await Admin.AllAsync($"/api/projects?search={search}", "projects", 50)).Select(found => (string)found["id"]!));
        foreach (var path in new[] { $"/api/tokens/{search}", $"/api/projects/{search}", $"/api/credentials/{search}", $"/api/admin-keys/{search}", $"/api/prices/{search}", $"/api/tokens/{search}/limits" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await Admin.SendAsync("GET", path)).Status);
        }
        foreach (var query in new[] { $"/api/usage?token={search}&project={search}&model={search}", $"/usage?workspaceId={search}", $"/api/usage/records?model={search}&provider={search}&credential={search}", $"/api/audit?actor={search}&action={search}&object={search}", $"/api/prices?search={search}", $"/api/tokens?provider={search}" })
        {
            Assert.Equal(HttpStatusCode.OK, (await Admin.SendAsync("GET", query)).Status);
        }
        await Admin.SendAsync("DELETE", $"/api/tokens/{token["id"]}");
        Assert.Equal(HttpStatusCode.NoContent, (await Admin.SendAsync("DELETE", $"/api/projects/{project["id"]}")).Status);
    }

    [Theory]
    [InlineData("/api/usage?token=%00", "token")]
    [InlineData("/api/usage?from=yesterday", "from")]
    [InlineData("/api/usage?groupBy=planet", "groupBy")]
    [InlineData("/usage?workspaceId=%00", "workspaceId")]
    [InlineData("/api/usage/records?model=%00", "model")]
    [InlineData("/api/usage/records?to=never", "to")]
    [InlineData("/api/usage/records.csv?project=%00", "project")]
    [InlineData("/api/audit?actor=%00", "actor")]
    [InlineData("/api/audit?from=x", "from")]
    [InlineData("/api/tokens?status=asleep", "status")]
    [InlineData("/api/tokens?kind=api", "kind")]
    [InlineData("/api/admin-keys?role=root", "role")]
    [InlineData("/api/credentials?status=x", "status")]
    [InlineData("/api/prices?limit=1000", "limit")]
    [InlineData("/api/prices?file=mine", "file")]
    public async Task A_wrong_parameter_is_told_by_its_name(string path, string field)
    {
        var answer = await Admin.SendAsync("GET", path);
        Assert.Equal((HttpStatusCode.BadRequest, field), (answer.Status, string.Join(",", answer.Fields)));
    }

    [Fact]
    public async Task A_body_that_is_too_large_or_none_is_told()
    {
        var large = JsonSerializer.Serialize(new { kind = "proxy", label = new string('x', 300_000) });
        var answer = await Admin.SendAsync("POST", "/api/tokens", large);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "request_too_large"), (answer.Status, answer.Code));
        foreach (var body in new[] { "", "[]", "null", "{", "\"x\"", """{"kind":"proxy","kind":"session"}""", """{"label":"\ud800"}""", new string('[', 1000) })
        {
            Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), (await Admin.SendAsync("POST", "/api/tokens", body)) is var wrong ? (wrong.Status, wrong.Code) : default);
        }
    }

    [Fact]
    public async Task A_change_with_one_wrong_field_changes_none_of_the_others()
    {
        foreach (var (path, request, change) in new (string, object, string)[]
        {
            ("/api/tokens", new { kind = "proxy", label = "as it was" }, """{"label":"changed","models":["x"],"limits":[{"unit":"usd","limit":-1}]}"""),
            ("/api/projects", new { name = Guid.NewGuid().ToString("n") }, """{"name":"changed","features":["files"],"limits":[{"unit":"usd","limit":-1}]}"""),
            ("/api/credentials", new { provider = "openai", secret = "sk-as-it-was", label = "as it was" }, """{"label":"changed","disabled":true,"secret":"a b"}"""),
        })
        {
            var item = $"{path}/{(await Admin.CreateAsync(path, request))["id"]}";
            var before = await Admin.SendAsync("GET", item);
            Assert.Equal(HttpStatusCode.BadRequest, (await Admin.SendAsync("PATCH", item, change)).Status);
            var after = await Admin.SendAsync("GET", item);
            Assert.Equal((before.Text, before.Tag), (after.Text, after.Tag));
        }
    }

    private async Task<long> AuditedAsync() => (long)((await Admin.GetAsync("/api/audit?limit=1"))["events"]!.AsArray().FirstOrDefault()?["id"] ?? JsonValue.Create(0L));
}

/// <summary>Bad input on the embedded store.</summary>
public sealed class BadInputOnSqliteTests(Product product) : BadInputContract, IClassFixture<Product>, IDisposable
{
    protected override ControlCalls Admin { get; } = ControlCalls.AdminOf(product);

    [Fact]
    public async Task What_is_no_JSON_is_told_too()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(product.Control, "/api/tokens")) { Content = new StringContent("kind=proxy", Encoding.UTF8, "application/x-www-form-urlencoded") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", product.AdminKey);
        using var answer = await product.Client.SendAsync(request);
        Assert.Equal((HttpStatusCode.UnsupportedMediaType, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        using var admin = ControlCalls.AdminOf(product);
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "method_not_allowed"), (await admin.SendAsync("PUT", "/api/tokens", new { })) is var put ? (put.Status, put.Code) : default);
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), (await admin.SendAsync("GET", "/api/nothing")) is var nothing ? (nothing.Status, nothing.Code) : default);
        product.AssertNothingFailed();
    }

    public void Dispose() => Admin.Dispose();
}

/// <summary>Bad input on Postgres.</summary>
public sealed class BadInputOnPostgresTests(PostgresControlPlane control) : BadInputContract, IClassFixture<PostgresControlPlane>, IDisposable
{
    protected override ControlCalls Admin { get; } = new(control.Address, PostgresControlPlane.AdminKey);

    public void Dispose() => Admin.Dispose();
}
