using System.Buffers.Text;
using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Standalone;
using CredentialProxy.Tests.Running;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Tests.Admin;

/// <summary>Signing keys over the API, and what becomes of tokens and streams at the gateway.</summary>
[Trait("threat", "token-1")]
public sealed class SigningKeysTests : IAsyncLifetime
{
    // Nothing in the way from a retirement to a stream waits for a clock; this is for a busy machine.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly Product _product = new();
    private ControlCalls _admin = null!;

    private static string Now => TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", null);

    public async ValueTask InitializeAsync()
    {
        await _product.InitializeAsync();
        _admin = ControlCalls.AdminOf(_product);
    }

    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        await _product.DisposeAsync();
    }

    [Fact]
    public async Task A_first_key_is_there_and_published_and_signs_what_is_minted()
    {
        var key = Assert.Single((await _admin.GetAsync("/api/signing-keys"))["keys"]!.AsArray())!;
        Assert.Equal(("ES256", "signing"), ((string)key["algorithm"]!, (string)key["status"]!));

        var header = HeaderOf(await MintAsync());
        Assert.Equal(("ES256", (string)key["id"]!), ((string)header["alg"]!, (string)header["kid"]!));
        Assert.Equal((string)key["id"]!, (string)HeaderOf((string)(await _admin.CreateAsync("/api/session-tokens", new { sub = "ws", provider = "openai" }))["token"]!)["kid"]!);

        using var published = await _product.Client.GetAsync(new Uri(_product.Control, "/.well-known/jwks.json"));
        Assert.Equal(("application/jwk-set+json", "public, max-age=300"), (published.Content.Headers.ContentType?.MediaType, published.Headers.CacheControl?.ToString()));
        var set = JsonNode.Parse(await published.Content.ReadAsStringAsync())!["keys"]!.AsArray();
        Assert.True(JsonNode.DeepEquals(key["publicKey"], Assert.Single(set)));
        Assert.Equal(["alg", "crv", "kid", "kty", "use", "x", "y"], set[0]!.AsObject().Select(member => member.Key).Order(StringComparer.Ordinal));
        using var again = new HttpRequestMessage(HttpMethod.Get, new Uri(_product.Control, "/.well-known/jwks.json"));
        again.Headers.IfNoneMatch.Add(published.Headers.ETag!);
        using var unchanged = await _product.Client.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task A_new_key_is_published_before_it_signs_and_the_one_before_proves_on()
    {
        var first = await SigningAsync();
        var before = await MintAsync();
        var next = await _admin.CreateAsync("/api/signing-keys", new { algorithm = "RS256" });
        Assert.Equal("published", (string)next["status"]!);
        Assert.Contains((string)next["id"]!, await PublishedAsync(), StringComparison.Ordinal);
        Assert.Equal(first, (string)HeaderOf(await MintAsync())["kid"]!);

        // The next one of all begins at once; it must not begin before the one that waits.
        var early = await _admin.SendAsync("POST", "/api/signing-keys", new { activatesAt = Now });
        Assert.Equal((HttpStatusCode.BadRequest, "activatesAt"), (early.Status, Assert.Single(early.Fields)));
        var retired = await _admin.SendAsync("POST", $"/api/signing-keys/{next["id"]}/retire");
        Assert.Equal("retired", (string)retired.Json["status"]!);
        var third = await _admin.CreateAsync("/api/signing-keys", new { activatesAt = Now, algorithm = "HS256" });
        Assert.Equal("signing", (string)third["status"]!);

        var after = await MintAsync();
        Assert.Equal(((string)third["id"]!, "HS256"), ((string)HeaderOf(after)["kid"]!, (string)HeaderOf(after)["alg"]!));
        Assert.Equal((200, 200), (await StatusAsync(before), await StatusAsync(after)));
        var kept = await _admin.GetAsync($"/api/signing-keys/{first}");
        Assert.Equal("proving", (string)kept["status"]!);
        Assert.True((DateTimeOffset)kept["expiresAt"]! > TimeProvider.System.GetUtcNow().AddDays(7));
        Assert.DoesNotContain((string)third["id"]!, await PublishedAsync(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("threat", "fault-16")]
    public async Task A_retired_key_ends_its_tokens_and_their_streams_and_another_signs()
    {
        var first = await SigningAsync();
        var (token, opaque) = (await MintAsync(), await _product.MintAsync());
        Assert.Equal(200, await StatusAsync(token));
        using var answer = await _product.ChatAsync(token, "[[tokens:60]]", isStream: true, fault: """{"gate":"shut"}""");
        using var events = await EventReader.OfAsync(answer);
        using var bystander = await _product.ChatAsync(opaque, "[[tokens:6]]", isStream: true, fault: """{"gate":"open"}""");

        var retired = await _admin.SendAsync("POST", $"/api/signing-keys/{first}/retire");

        Assert.Equal((HttpStatusCode.OK, "retired"), (retired.Status, (string)retired.Json["status"]!));
        Refused.AssertLastEvent(await events.RestAsync().WaitAsync(Soon), "openai", 401, "token_revoked");
        Assert.Equal(401, await StatusAsync(token));
        Assert.Equal(200, await StatusAsync(opaque));
        var renewed = await MintAsync();
        Assert.NotEqual(first, (string)HeaderOf(renewed)["kid"]!);
        Assert.Equal(200, await StatusAsync(renewed));
        Assert.DoesNotContain(first, await PublishedAsync(), StringComparison.Ordinal);
        // Somebody else's stream goes on.
        await _product.OpenGateAsync("open", 20);
        using var theirs = await EventReader.OfAsync(bystander);
        Assert.DoesNotContain(await theirs.RestAsync(), e => e.Contains("token_revoked", StringComparison.Ordinal));
        // Again changes nothing.
        var again = await _admin.SendAsync("POST", $"/api/signing-keys/{first}/retire");
        Assert.Equal((retired.Tag, HttpStatusCode.OK), (again.Tag, again.Status));
    }

    [Fact]
    public async Task A_key_in_use_is_not_deleted_and_one_that_is_retired_is()
    {
        var first = await SigningAsync();
        var refused = await _admin.SendAsync("DELETE", $"/api/signing-keys/{first}");
        Assert.Equal((HttpStatusCode.Conflict, "signing_key_in_use"), (refused.Status, refused.Code));

        var tag = (await _admin.SendAsync("GET", $"/api/signing-keys/{first}")).Tag;
        await _admin.SendAsync("POST", $"/api/signing-keys/{first}/retire", null, ("If-Match", tag));
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await _admin.SendAsync("DELETE", $"/api/signing-keys/{first}", null, ("If-Match", tag))).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await _admin.SendAsync("DELETE", $"/api/signing-keys/{first}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _admin.SendAsync("GET", $"/api/signing-keys/{first}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _admin.SendAsync("POST", "/api/signing-keys/sig_none/retire")).Status);
    }

    [Fact]
    public async Task The_same_call_makes_one_key_and_of_calls_at_once_each_makes_one_or_says_that_it_did_not()
    {
        var made = await _admin.SendAsync("POST", "/api/signing-keys", new { }, ("Idempotency-Key", "k1"));
        var again = await _admin.SendAsync("POST", "/api/signing-keys", new { }, ("Idempotency-Key", "k1"));
        Assert.Equal((HttpStatusCode.Created, (string)made.Json["id"]!), (again.Status, (string)again.Json["id"]!));

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _admin.SendAsync("POST", "/api/signing-keys", new { })));
        Assert.All(answers, answer => Assert.True(answer.Status == HttpStatusCode.Created || answer.Code is "concurrent_change", answer.Text));
        var keys = await _admin.AllAsync("/api/signing-keys", "keys", 2);
        Assert.Equal(2 + answers.Count(answer => answer.Status == HttpStatusCode.Created), keys.Count);
        // One is the last, and all before it have an end.
        Assert.Single(keys, key => key["expiresAt"] is null);
    }

    [Theory]
    [InlineData("""{"algorithm":"none"}""", "algorithm")]
    [InlineData("""{"algorithm":"es256"}""", "algorithm")]
    [InlineData("""{"algorithm":"ES512"}""", "algorithm")]
    [InlineData("""{"algorithm":"'; DROP TABLE signing_keys; --"}""", "algorithm")]
    [InlineData("""{"activatesAt":"tomorrow"}""", "activatesAt")]
    [InlineData("""{"activatesAt":"2027-01-31T12:00:00"}""", "activatesAt")]
    [InlineData("""{"activatesAt":"2999-01-31T12:00:00Z"}""", "activatesAt")]
    public async Task What_is_wrong_is_named_and_nothing_is_made(string request, string field)
    {
        var answer = await _admin.SendAsync("POST", "/api/signing-keys", request);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request", field), (answer.Status, answer.Code, Assert.Single(answer.Fields)));
        Assert.Single((await _admin.GetAsync("/api/signing-keys"))["keys"]!.AsArray());
    }

    [Fact]
    public async Task There_is_a_bound_on_keys_in_use()
    {
        for (var i = 1; i < 16; i++)
        {
            await _admin.CreateAsync("/api/signing-keys", new { });
        }
        var refused = await _admin.SendAsync("POST", "/api/signing-keys", new { });
        Assert.Equal((HttpStatusCode.Conflict, "too_many_signing_keys"), (refused.Status, refused.Code));
    }

    [Fact]
    [Trait("threat", "key-5")]
    public async Task What_signs_is_in_no_answer_no_audit_entry_no_log_and_in_the_file_only_sealed()
    {
        var made = await _admin.CreateAsync("/api/signing-keys", new { activatesAt = Now, algorithm = "HS256" });
        await MintAsync();
        await _admin.SendAsync("POST", $"/api/signing-keys/{made["id"]}/retire");
        var vault = (Core.Vault.CredentialVault)_product.Host.GatewayParts.GetService(typeof(Core.Vault.CredentialVault))!;
        await using var context = new StorageFactory(Path.Combine(_product.DataDirectory, "credential-proxy.db")).CreateDbContext();
        var rows = await context.SigningKeys.AsNoTracking().ToListAsync();
        Assert.Equal(3, rows.Count);
        var secrets = rows.Select(row => JsonNode.Parse(vault.TryOpenSigningKey(row.SealedPrivateKey, out _)!.Reveal())!).Select(key => (string)(key["d"] ?? key["k"])!).ToList();

        var shown = (await _admin.SendAsync("GET", "/api/signing-keys")).Text + (await _admin.SendAsync("GET", "/api/audit?limit=200")).Text + await PublishedAsync();
        Assert.Contains("signing-key.create", shown, StringComparison.Ordinal);
        Assert.Contains("signing-key.retire", shown, StringComparison.Ordinal);
        await context.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        await using var file = new FileStream(Path.Combine(_product.DataDirectory, "credential-proxy.db"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file, System.Text.Encoding.Latin1);
        var kept = await reader.ReadToEndAsync();
        Assert.Contains((string)made["id"]!, kept, StringComparison.Ordinal);
        Assert.All(secrets, secret =>
        {
            Assert.DoesNotContain(secret, shown, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, kept, StringComparison.Ordinal);
            Assert.DoesNotContain(_product.Log, line => line.Contains(secret, StringComparison.Ordinal));
        });
        Assert.All(rows, row => Assert.DoesNotContain(row.SealedPrivateKey, shown, StringComparison.Ordinal));
    }

    private async Task<string> MintAsync() => (string)(await _product.CreateTokenAsync(new { kind = "session" }))["token"]!;

    private async Task<string> SigningAsync() => (string)(await _admin.GetAsync("/api/signing-keys"))["keys"]!.AsArray().Single(key => (string)key!["status"]! == "signing")!["id"]!;

    private Task<string> PublishedAsync() => _product.Client.GetStringAsync(new Uri(_product.Control, "/.well-known/jwks.json"));

    private async Task<int> StatusAsync(string token)
    {
        using var answer = await _product.ChatAsync(token);
        return (int)answer.StatusCode;
    }

    private static JsonNode HeaderOf(string token) => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[0]))!;
}
