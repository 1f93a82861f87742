using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Storage;
using CredentialProxy.Standalone;
using CredentialProxy.Tests.Running;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Tests.Admin;

/// <summary>Prices over the API: set, shown, replaced, deleted; one for each name, whoever sets it, and audited.</summary>
public abstract class PricesContract
{
    private readonly string _model = "m-" + Guid.NewGuid().ToString("n");

    /// <summary>An admin of the control plane.</summary>
    protected abstract ControlCalls Admin { get; }

    [Fact]
    public async Task A_price_is_set_shown_replaced_and_deleted()
    {
        var made = await Admin.SendAsync("POST", "/api/prices", $$"""{"provider":"openai","match":["{{_model}}-b","{{_model}}-a*"],"input":1.10,"output":9,"tiers":[{"above":200000,"input":2}],"factors":{"priority":1.7},"tools":[{"tool":"web_search","perCall":0.008}],"context":400000,"source":"our contract"}""");
        Assert.Equal(HttpStatusCode.Created, made.Status);
        var item = $"/api/prices/{made.Json["id"]}";
        Assert.StartsWith("/api/prices/price_", item, StringComparison.Ordinal);
        var shown = await Admin.SendAsync("GET", item);
        Assert.Equal((made.Text, made.Tag), (shown.Text, shown.Tag));
        Assert.Equal(($"""["{_model}-a*","{_model}-b"]""", 1.1m, 2m, 1.7m, 0.008m), (shown.Json["match"]!.ToJsonString(), (decimal)shown.Json["input"]!, (decimal)shown.Json["tiers"]![0]!["input"]!, (decimal)shown.Json["factors"]!["priority"]!, (decimal)shown.Json["tools"]![0]!["perCall"]!));
        var listed = Assert.Single((await ListedAsync())!);
        Assert.Equal(((string)made.Json["id"]!, "stored", 1.1m), ((string)listed["id"]!, (string)listed["file"]!, (decimal)listed["input"]!));

        var replaced = await Admin.SendAsync("PUT", item, $$"""{"provider":"openai","match":["{{_model}}-b"],"input":2}""", ("If-Match", made.Tag));
        Assert.Equal((HttpStatusCode.OK, 2m, null), (replaced.Status, (decimal)replaced.Json["input"]!, replaced.Json["output"]));
        Assert.Equal((string)made.Json["createdAt"]!, (string)replaced.Json["createdAt"]!);
        Assert.NotEqual(made.Tag, replaced.Tag);
        // The name that was given up is free.
        await Admin.CreateAsync("/api/prices", new { provider = "openai", match = new[] { _model + "-a*" }, input = 3 });
        Assert.Equal(HttpStatusCode.NoContent, (await Admin.SendAsync("DELETE", item)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Admin.SendAsync("GET", item)).Status);
        Assert.Equal([3m], (await ListedAsync()).Select(price => (decimal)price["input"]!));
    }

    [Fact]
    public async Task Stored_prices_come_first_oldest_first_and_page_by_page_whatever_is_set_meanwhile()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add((string)(await Admin.CreateAsync("/api/prices", new { provider = "openai", match = new[] { $"{_model}-{i}" }, input = i }))["id"]!);
        }
        var path = $"/api/prices?search={_model.ToUpperInvariant()}";
        var first = await Admin.GetAsync(path + "&limit=2");
        await Admin.SendAsync("DELETE", $"/api/prices/{ids[1]}");
        var rest = await Admin.GetAsync($"{path}&limit=100&cursor={first["nextCursor"]}");
        Assert.Equal(ids, first["prices"]!.AsArray().Concat(rest["prices"]!.AsArray()).Select(price => (string)price!["id"]!));
        Assert.Empty(await Admin.AllAsync($"{path}&file=shipped", "prices", 50));
        Assert.Empty(await Admin.AllAsync($"{path}&provider=gemini", "prices", 50));

        var all = await Admin.AllAsync("/api/prices", "prices", 37);
        Assert.Equal(all.Count, all.Select(price => price.ToJsonString()).Distinct().Count());
        var files = all.Select(price => (string)price["file"]!).ToList();
        Assert.True(files.LastIndexOf("stored") < files.IndexOf("shipped"));
    }

    [Fact]
    public async Task A_change_of_another_version_is_refused_and_changes_nothing()
    {
        var made = await Admin.SendAsync("POST", "/api/prices", Of(1));
        var item = $"/api/prices/{made.Json["id"]}";
        Assert.Equal(HttpStatusCode.OK, (await Admin.SendAsync("PUT", item, Of(2))).Status);
        foreach (var (method, body) in new (string, object?)[] { ("PUT", Of(3)), ("DELETE", null) })
        {
            var refused = await Admin.SendAsync(method, item, body, ("If-Match", made.Tag));
            Assert.Equal((HttpStatusCode.PreconditionFailed, "precondition_failed"), (refused.Status, refused.Code));
        }
        var before = await Admin.SendAsync("GET", item);
        Assert.Equal(2, (decimal)before.Json["input"]!);
        var wrong = await Admin.SendAsync("PUT", item, $$"""{"provider":"openai","match":["{{_model}}","{{_model}}-2"],"input":-1}""");
        Assert.Equal((HttpStatusCode.BadRequest, "input"), (wrong.Status, string.Join(",", wrong.Fields)));
        var after = await Admin.SendAsync("GET", item);
        Assert.Equal((before.Text, before.Tag), (after.Text, after.Tag));
        // What states the same changes nothing.
        Assert.Equal(before.Tag, (await Admin.SendAsync("PUT", item, Of(2))).Tag);
    }

    [Fact]
    public async Task Of_many_that_set_a_price_for_one_name_one_does()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Admin.SendAsync("POST", "/api/prices", new { provider = "openai", match = new[] { _model, $"{_model}-{i}" }, input = i })));
        var winner = Assert.Single(answers, answer => answer.Status == HttpStatusCode.Created);
        Assert.All(answers.Where(answer => answer != winner), answer => Assert.Equal((HttpStatusCode.Conflict, "duplicate_price"), (answer.Status, answer.Code)));
        Assert.Equal([(string)winner.Json["id"]!], (await ListedAsync()).Select(price => (string)price["id"]!));

        var told = await Admin.SendAsync("POST", "/api/prices", Of(9));
        Assert.Equal(("duplicate_price", (string)winner.Json["id"]!), (told.Code, (string)told.Json["id"]!));
        var other = await Admin.CreateAsync("/api/prices", new { provider = "openai", match = new[] { _model + "-other" }, input = 1 });
        Assert.Equal(HttpStatusCode.Conflict, (await Admin.SendAsync("PUT", $"/api/prices/{other["id"]}", Of(9))).Status);
        // Of another provider's model of that name there is none.
        await Admin.CreateAsync("/api/prices", new { provider = "openrouter", match = new[] { _model }, input = 1 });
    }

    [Fact]
    public async Task The_same_creation_under_one_key_sets_one_price()
    {
        (string, string) key = ("Idempotency-Key", _model);
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Admin.SendAsync("POST", "/api/prices", Of(4), key)));
        Assert.All(answers, answer => Assert.True(answer.Status == HttpStatusCode.Created, answer.Text));
        Assert.Single(answers.Select(answer => (string)answer.Json["id"]!).Distinct());
        Assert.Equal("idempotency_key_reused", (await Admin.SendAsync("POST", "/api/prices", Of(5), key)).Code);
    }

    [Fact]
    public async Task Every_change_is_audited_with_what_it_was_and_is()
    {
        var id = (string)(await Admin.CreateAsync("/api/prices", JsonNode.Parse(Of(1))!))["id"]!;
        await Admin.SendAsync("PUT", $"/api/prices/{id}", Of(2));
        await Admin.SendAsync("DELETE", $"/api/prices/{id}");
        await Admin.SendAsync("DELETE", $"/api/prices/{id}");
        var events = await Admin.AllAsync($"/api/audit?object={id}", "events", 50);
        Assert.Equal(["price.delete", "price.change", "price.create"], events.Select(entry => (string)entry["action"]!));
        Assert.Equal((1m, 2m), ((decimal)events[1]["before"]!["input"]!, (decimal)events[1]["after"]!["input"]!));
    }

    private string Of(decimal input) => FormattableString.Invariant($$"""{"provider":"openai","match":["{{_model}}"],"input":{{input}}}""");

    private Task<List<JsonNode>> ListedAsync() => Admin.AllAsync($"/api/prices?search={_model}&provider=openai", "prices", 50);
}

/// <summary>Prices on the embedded store.</summary>
public sealed class PricesOnSqliteTests(Product product) : PricesContract, IClassFixture<Product>, IDisposable
{
    protected override ControlCalls Admin { get; } = ControlCalls.AdminOf(product);

    [Fact]
    public async Task There_are_so_many_and_no_more()
    {
        await using var context = new StorageFactory(Path.Combine(product.DataDirectory, "credential-proxy.db")).CreateDbContext();
        // Other tests leave some behind.
        var room = OperatorPrice.MaxCount - await context.Prices.CountAsync(TestContext.Current.CancellationToken);
        var rows = Enumerable.Range(0, room).Select(number => new PriceRow
        {
            Id = $"price_many_{number}",
            Provider = "openai",
            Match = [new PriceMatchRow { Provider = "openai", Pattern = $"one-of-many-{number}" }],
            StatedJson = """{"input":1}""",
            CreatedAt = DateTimeOffset.UnixEpoch,
        }).ToList();
        context.Prices.AddRange(rows);
        await context.SaveChangesAsync(TestContext.Current.CancellationToken);
        var refused = await Admin.SendAsync("POST", "/api/prices", new { provider = "openai", match = new[] { "one-too-many" }, input = 1 });
        Assert.Equal((HttpStatusCode.Conflict, "too_many_prices"), (refused.Status, refused.Code));

        context.Prices.RemoveRange(rows);
        await context.SaveChangesAsync(TestContext.Current.CancellationToken);
        await Admin.CreateAsync("/api/prices", new { provider = "openai", match = new[] { "one-too-many" }, input = 1 });
    }

    public void Dispose() => Admin.Dispose();
}

/// <summary>Prices on Postgres.</summary>
public sealed class PricesOnPostgresTests(PostgresControlPlane control) : PricesContract, IClassFixture<PostgresControlPlane>, IDisposable
{
    protected override ControlCalls Admin { get; } = new(control.Address, PostgresControlPlane.AdminKey);

    public void Dispose() => Admin.Dispose();
}
