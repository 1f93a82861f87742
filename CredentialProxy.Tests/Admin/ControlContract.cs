using System.Net;
using System.Text.Json.Nodes;

namespace CredentialProxy.Tests.Admin;

/// <summary>What lists, entity tags and idempotency keys promise, whatever database lies beneath.</summary>
public abstract class ControlContract
{
    /// <summary>An admin of the control plane.</summary>
    protected abstract ControlCalls Admin { get; }

    [Fact]
    public async Task A_list_is_read_whole_by_its_cursors_in_one_order_whatever_is_made_meanwhile()
    {
        var project = await ProjectAsync();
        var ids = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            ids.Add((string)(await Admin.CreateAsync("/api/tokens", new { kind = "proxy", project, label = $"Label {i}" }))["id"]!);
        }
        var first = await Admin.GetAsync($"/api/tokens?project={project}&limit=3");
        await Admin.CreateAsync("/api/tokens", new { kind = "proxy", project, label = "late" });
        var second = await Admin.GetAsync($"/api/tokens?project={project}&limit=3&cursor={first["nextCursor"]}");
        var third = await Admin.GetAsync($"/api/tokens?project={project}&limit=3&cursor={second["nextCursor"]}");
        Assert.Null(third["nextCursor"]);
        var read = new[] { first, second, third }.SelectMany(page => page["tokens"]!.AsArray()).Select(token => (string)token!["id"]!).ToList();
        Assert.Equal(ids.Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
        Assert.Equal(read[0], ids[^1]);
    }

    [Fact]
    public async Task Tokens_are_found_by_label_provider_status_and_kind()
    {
        var project = await ProjectAsync();
        async Task<string> MakeAsync(object request) => (string)(await Admin.CreateAsync("/api/tokens", request))["id"]!;
        var openAI = await MakeAsync(new { kind = "proxy", project, label = "100% Alpha_1", providers = new[] { "openai" } });
        var any = await MakeAsync(new { kind = "session", project, label = "beta" });
        var gemini = await MakeAsync(new { kind = "proxy", project, label = "alphA", providers = new[] { "gemini", "anthropic" } });
        await Admin.SendAsync("PATCH", $"/api/tokens/{gemini}", new { status = "disabled" });
        await Admin.SendAsync("POST", $"/api/tokens/{any}/revoke");
        async Task<string> FindAsync(string query) => string.Join(" ", (await Admin.AllAsync($"/api/tokens?project={project}&{query}", "tokens", 2)).Select(token => (string)token["id"]!).Order(StringComparer.Ordinal));
        string Of(params string[] ids) => string.Join(" ", ids.Order(StringComparer.Ordinal));

        Assert.Equal(Of(openAI, gemini), await FindAsync("search=ALPHA"));
        Assert.Equal(Of(openAI), await FindAsync("search=0%25%20a"));
        Assert.Equal(Of(openAI), await FindAsync("search=alpha_"));
        Assert.Equal("", await FindAsync("search=alpha%25"));
        Assert.Equal(Of(openAI, any), await FindAsync("provider=openai"));
        Assert.Equal(Of(gemini, any), await FindAsync("provider=anthropic"));
        Assert.Equal(Of(any), await FindAsync("kind=session"));
        Assert.Equal(Of(openAI), await FindAsync("status=active"));
        Assert.Equal(Of(gemini), await FindAsync("status=disabled"));
        Assert.Equal(Of(any), await FindAsync("status=revoked"));
        Assert.Equal("", await FindAsync("status=expired"));
    }

    [Fact]
    public async Task Projects_credentials_and_keys_are_listed_by_page_and_searched()
    {
        var mark = Guid.NewGuid().ToString("n")[..8];
        foreach (var name in new[] { "c", "a", "b" })
        {
            await Admin.CreateAsync("/api/projects", new { name = $"{mark} {name}" });
            await Admin.CreateAsync("/api/credentials", new { provider = "openai", secret = "sk-listed", label = $"{mark} {name}" });
            await Admin.CreateAsync("/api/admin-keys", new { role = "viewer", label = $"{mark} {name}" });
        }
        async Task<IEnumerable<string>> NamesAsync(string path, string name, string label) =>
            (await Admin.AllAsync($"{path}?search={mark.ToUpperInvariant()}", name, 2)).Select(row => ((string)row[label]!)[9..]);
        Assert.Equal(["a", "b", "c"], await NamesAsync("/api/projects", "projects", "name"));
        Assert.Equal(["a", "b", "c"], (await NamesAsync("/api/credentials", "credentials", "label")).Order(StringComparer.Ordinal));
        Assert.Equal(["a", "b", "c"], (await NamesAsync("/api/admin-keys", "keys", "label")).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=201", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=many", "limit")]
    [InlineData("cursor=", "cursor")]
    [InlineData("cursor=%27%3B--", "cursor")]
    [InlineData("cursor=bm90IGEgY3Vyc29y", "cursor")]
    [InlineData("search=%00", "search")]
    [InlineData("search=%0a", "search")]
    public async Task A_page_that_can_t_be_is_told_by_its_parameter(string query, string field)
    {
        foreach (var path in new[] { "/api/tokens", "/api/projects", "/api/credentials", "/api/admin-keys" })
        {
            var answer = await Admin.SendAsync("GET", $"{path}?{query}");
            Assert.Equal((HttpStatusCode.BadRequest, "invalid_request", field), (answer.Status, answer.Code, string.Join(",", answer.Fields)));
        }
    }

    [Fact]
    public async Task A_change_of_another_version_is_refused_and_changes_nothing()
    {
        foreach (var (path, request, change, later) in Changeable())
        {
            var made = await Admin.SendAsync("POST", path, request);
            var item = $"{path}/{made.Json["id"]}";
            Assert.Equal(made.Tag, (await Admin.SendAsync("GET", item)).Tag);
            var changed = await Admin.SendAsync("PATCH", item, change, ("If-Match", made.Tag));
            Assert.Equal((HttpStatusCode.OK, false), (changed.Status, changed.Tag == made.Tag));
            var before = await Admin.GetAsync(item);
            foreach (var (method, body) in new (string, object?)[] { ("PATCH", later), ("DELETE", null) })
            {
                var refused = await Admin.SendAsync(method, item, body, ("If-Match", made.Tag));
                Assert.Equal((HttpStatusCode.PreconditionFailed, "precondition_failed"), (refused.Status, refused.Code));
            }
            Assert.Equal(HttpStatusCode.PreconditionFailed, (await Admin.SendAsync("PATCH", item, later, ("If-Match", "W/" + changed.Tag))).Status);
            Assert.Equal(HttpStatusCode.BadRequest, (await Admin.SendAsync("PATCH", item, later, ("If-Match", "nonsense"))).Status);
            Assert.True(JsonNode.DeepEquals(before, await Admin.GetAsync(item)));
            Assert.Equal(HttpStatusCode.OK, (await Admin.SendAsync("PATCH", item, later, ("If-Match", $"\"other\", {changed.Tag}"))).Status);
            Assert.Equal(HttpStatusCode.OK, (await Admin.SendAsync("PATCH", item, change, ("If-Match", "*"))).Status);
            Assert.Equal(HttpStatusCode.NoContent, (await Admin.SendAsync("DELETE", item, null, ("If-Match", "*"))).Status);
        }
    }

    [Fact]
    public async Task Of_many_changes_to_one_version_one_is_made()
    {
        var made = await Admin.SendAsync("POST", "/api/tokens", new { kind = "proxy", label = "contended" });
        var item = $"/api/tokens/{made.Json["id"]}";
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Admin.SendAsync("PATCH", item, new { label = $"by {i}" }, ("If-Match", made.Tag))));
        var winner = Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer != winner), answer => Assert.Equal(HttpStatusCode.PreconditionFailed, answer.Status));
        Assert.Equal((string)winner.Json["label"]!, (string)(await Admin.GetAsync(item))["label"]!);
    }

    [Fact]
    public async Task Changes_without_a_version_at_once_are_all_made_and_none_undoes_another()
    {
        var id = (string)(await Admin.CreateAsync("/api/tokens", new { kind = "proxy" }))["id"]!;
        var changes = new object[] { new { label = "x" }, new { models = new[] { "gpt-4o" } }, new { providers = new[] { "openai" } }, new { cidrs = new[] { "10.0.0.0/8" } } };
        var answers = await Task.WhenAll(changes.Select(change => Admin.SendAsync("PATCH", $"/api/tokens/{id}", change)));
        Assert.All(answers, answer => Assert.True(answer.Status == HttpStatusCode.OK, answer.Text));
        var token = await Admin.GetAsync($"/api/tokens/{id}");
        Assert.Equal(("x", "gpt-4o", "openai", "10.0.0.0/8"), ((string)token["label"]!, (string)token["models"]![0]!, (string)token["providers"]![0]!, (string)token["cidrs"]![0]!));
    }

    [Fact]
    public async Task The_same_creation_under_one_key_makes_one_object()
    {
        var name = Guid.NewGuid().ToString("n");
        (string, string) key = ("Idempotency-Key", $"key {name}");
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Admin.SendAsync("POST", "/api/projects", new { name }, key)));
        Assert.All(answers, answer => Assert.True(answer.Status == HttpStatusCode.Created, answer.Text));
        Assert.Single(answers.Select(answer => (string)answer.Json["id"]!).Distinct());
        Assert.Single(await Admin.AllAsync($"/api/projects?search={name}", "projects", 50));

        var other = await Admin.SendAsync("POST", "/api/projects", new { name = name + " other" }, key);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency_key_reused"), (other.Status, other.Code));
        Assert.Empty(await Admin.AllAsync($"/api/projects?search={name}%20other", "projects", 50));
        // The key of another resource is another key.
        Assert.Equal(HttpStatusCode.Created, (await Admin.SendAsync("POST", "/api/credentials", new { provider = "openai", secret = "sk-x", label = name }, key)).Status);
        foreach (var wrong in new[] { "", new string('k', 256), "a\tb" })
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await Admin.SendAsync("POST", "/api/projects", new { name = name + " third" }, ("Idempotency-Key", wrong))).Status);
        }
    }

    [Theory]
    [InlineData("/api/tokens", """{"kind":"proxy","label":"once"}""", "token")]
    [InlineData("/api/admin-keys", """{"role":"viewer","label":"once"}""", "key")]
    public async Task A_creation_that_showed_a_secret_is_answered_again_with_its_id_and_without_the_secret(string path, string request, string secret)
    {
        (string, string) key = ("Idempotency-Key", Guid.NewGuid().ToString("n"));
        var made = await Admin.SendAsync("POST", path, request, key);
        var again = await Admin.SendAsync("POST", path, request, key);
        Assert.Equal((HttpStatusCode.Conflict, "already_created", (string?)made.Json["id"]), (again.Status, again.Code, (string?)again.Json["id"]));
        Assert.DoesNotContain((string)made.Json[secret]!, again.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, (await Admin.SendAsync("DELETE", $"{path}/{made.Json["id"]}")).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await Admin.SendAsync("POST", path, request, key)).Status);
    }

    [Fact]
    public async Task A_project_that_is_deleted_while_a_token_is_made_for_it_leaves_no_token_without_its_limits()
    {
        for (var round = 0; round < 12; round++)
        {
            var project = await ProjectAsync();
            var answers = await Task.WhenAll(Admin.SendAsync("POST", "/api/tokens", new { kind = "proxy", project }), Admin.SendAsync("DELETE", $"/api/projects/{project}"));
            var (token, deleted) = (answers[0], answers[1]);
            Assert.True(
                (token.Status == HttpStatusCode.Created && deleted.Status == HttpStatusCode.Conflict && deleted.Code == "project_in_use")
                || (deleted.Status == HttpStatusCode.NoContent && token.Status is HttpStatusCode.BadRequest or HttpStatusCode.Conflict),
                $"{token.Status} {deleted.Status} {token.Text} {deleted.Text}");
        }
    }

    [Fact]
    public async Task The_same_top_up_under_one_key_is_made_once()
    {
        var id = (string)(await Admin.CreateAsync("/api/tokens", new { kind = "proxy", limits = new[] { new { unit = "requests", limit = 10 } } }))["id"]!;
        (string, string) key = ("Idempotency-Key", Guid.NewGuid().ToString("n"));
        var path = $"/api/tokens/{id}/limits/top-up";
        var more = new { unit = "requests", amount = 5 };
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Admin.SendAsync("POST", path, more, key)));
        Assert.All(answers, answer => Assert.Equal((HttpStatusCode.OK, 15), (answer.Status, (int)answer.Json["limits"]![0]!["limit"]!)));
        // Of the version that it was made to, too.
        var again = await Admin.SendAsync("POST", path, more, key, ("If-Match", "\"1\""));
        Assert.Equal((HttpStatusCode.OK, 15), (again.Status, (int)again.Json["limits"]![0]!["limit"]!));

        var other = await Admin.SendAsync("POST", path, new { unit = "requests", amount = 6 }, key);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency_key_reused"), (other.Status, other.Code));
        Assert.Equal(HttpStatusCode.BadRequest, (await Admin.SendAsync("POST", path, more, ("Idempotency-Key", ""))).Status);
        Assert.Equal(15, (int)(await Admin.GetAsync($"/api/tokens/{id}"))["limits"]![0]!["limit"]!);
        Assert.Single((await Admin.GetAsync($"/api/audit?object={id}&action=token.top-up"))["events"]!.AsArray());
        Assert.Equal(20, (int)(await Admin.SendAsync("POST", path, more)).Json["limits"]![0]!["limit"]!);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_refused_for_a_new_project_and_for_an_old_one()
    {
        var (first, second) = (Guid.NewGuid().ToString("n"), Guid.NewGuid().ToString("n"));
        await Admin.CreateAsync("/api/projects", new { name = first });
        var id = (string)(await Admin.CreateAsync("/api/projects", new { name = second }))["id"]!;
        foreach (var answer in new[] { await Admin.SendAsync("POST", "/api/projects", new { name = first }), await Admin.SendAsync("PATCH", $"/api/projects/{id}", new { name = first }) })
        {
            Assert.Equal((HttpStatusCode.Conflict, "duplicate_project"), (answer.Status, answer.Code));
        }
        Assert.Equal(second, (string)(await Admin.GetAsync($"/api/projects/{id}"))["name"]!);
    }

    [Fact]
    public async Task New_tokens_of_a_project_have_its_limits_unless_they_state_their_own()
    {
        var project = (string)(await Admin.CreateAsync("/api/projects", new { name = Guid.NewGuid().ToString("n"), tokenLimits = new[] { new { unit = "requests", limit = 7, window = "day" } } }))["id"]!;
        async Task<string> LimitsAsync(object request) => string.Join(" ", (await Admin.CreateAsync("/api/tokens", request))["limits"]!.AsArray().Select(limit => $"{limit!["limit"]} {limit["unit"]}"));
        Assert.Equal("7 requests", await LimitsAsync(new { kind = "proxy", project }));
        Assert.Equal("3 tokens", await LimitsAsync(new { kind = "proxy", project, limits = new[] { new { unit = "tokens", limit = 3 } } }));
        Assert.Equal("", await LimitsAsync(new { kind = "proxy", project, limits = Array.Empty<object>() }));
        Assert.Equal("", await LimitsAsync(new { kind = "proxy" }));
    }

    private static IEnumerable<(string Path, object Request, object Change, object Later)> Changeable() =>
    [
        ("/api/tokens", new { kind = "proxy", label = "one" }, new { label = "two" }, new { label = "three" }),
        ("/api/projects", new { name = Guid.NewGuid().ToString("n") }, new { features = new[] { "files" } }, new { features = new[] { "videos" } }),
        ("/api/credentials", new { provider = "openai", secret = "sk-versioned", label = "one" }, new { label = "two" }, new { label = "three" }),
    ];

    private async Task<string> ProjectAsync() => (string)(await Admin.CreateAsync("/api/projects", new { name = Guid.NewGuid().ToString("n") }))["id"]!;
}
