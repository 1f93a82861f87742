using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Ownership;

/// <summary>An object is its maker's: in paths, whoever else knows its id.</summary>
public sealed class StoredObjectTests(Product product) : IClassFixture<Product>
{
    /// <summary>Provider, collection, the feature it needs.</summary>
    public static TheoryData<string, string, string> Collections => new()
    {
        { "openai", "/v1/files", "files" },
        { "openai", "/v1/conversations", "stored_objects" },
        { "openai", "/v1/vector_stores", "vector_stores" },
        { "openai", "/v1/batches", "batches" },
        { "openai", "/v1/containers", "containers" },
        { "openai", "/v1/fine_tuning/jobs", "fine_tuning" },
        { "openai", "/v1/assistants", "agents" },
        { "openai", "/v1/threads", "agents" },
        { "openai", "/v1/evals", "evals" },
        { "openai", "/v1/videos", "videos" },
        { "anthropic", "/v1/files", "files" },
        { "anthropic", "/v1/messages/batches", "batches" },
        { "anthropic", "/v1/sessions", "agents" },
        { "gemini", "/v1beta/cachedContents", "context_caching" },
        { "gemini", "/v1beta/fileSearchStores", "vector_stores" },
    };

    [Theory]
    [MemberData(nameof(Collections))]
    [Trait("threat", "fault-15")]
    [Trait("threat", "key-7")]
    public async Task Another_s_object_looks_like_none_at_all(string provider, string collection, string feature)
    {
        var (mine, theirs) = (await product.MintWithAsync(null, feature), await product.MintWithAsync(null, feature));
        var made = await product.AskAsync(theirs, $"POST /{provider}{collection}", "{}", Version(provider));
        Assert.Equal(200, made.Status);
        var path = $"/{provider}{collection}/{made.Id.Split('/')[^1]}";
        Assert.Equal((200, (string?)null), Of(await product.AskAsync(theirs, $"GET {path}", null, Version(provider))));

        await product.ForgetAsync();
        var foreign = await product.AskAsync(mine, $"GET {path}", null, Version(provider));
        var unknown = await product.AskAsync(mine, $"GET {path}x", null, Version(provider));

        Assert.Equal((404, "object_not_found"), Of(foreign));
        Assert.Equal((404, "object_not_found"), Of(unknown));
        Assert.Equal(WithoutIds(unknown), WithoutIds(foreign));
        Assert.Empty(await product.CapturedAsync());
    }

    [Theory]
    [InlineData("openai", "/v1/files", "files")]
    [InlineData("gemini", "/v1beta/cachedContents", "context_caching")]
    public async Task A_deleted_object_is_forgotten(string provider, string collection, string feature)
    {
        var token = await product.MintWithAsync(null, feature);
        var path = $"/{provider}{collection}/{(await product.AskAsync(token, $"POST /{provider}{collection}", "{}")).Id.Split('/')[^1]}";

        Assert.Equal(200, (await product.AskAsync(token, $"DELETE {path}")).Status);

        await product.ForgetAsync();
        Assert.Equal((404, "object_not_found"), Of(await product.AskAsync(token, $"GET {path}")));
        Assert.Empty(await product.CapturedAsync());
    }

    [Fact]
    public async Task An_object_that_its_provider_would_not_delete_stays_its_maker_s()
    {
        var token = await product.MintWithAsync(null, "files");
        var id = (await product.AskAsync(token, "POST /openai/v1/files", "{}")).Id;

        Assert.Equal(500, (await product.AskAsync(token, $"DELETE /openai/v1/files/{id}", null, ("x-mock-fault", """{"status":500}"""))).Status);

        Assert.Equal(200, (await product.AskAsync(token, $"GET /openai/v1/files/{id}")).Status);
    }

    [Fact]
    [Trait("threat", "spend-12")]
    public async Task The_tokens_of_a_project_share_its_objects_and_no_others()
    {
        var (project, other) = (await product.CreateProjectAsync(), await product.CreateProjectAsync());
        var maker = await product.MintWithAsync(project, "files");
        var colleague = await product.MintWithAsync(project, "files");
        var stranger = await product.MintWithAsync(other, "files");
        var id = (await product.AskAsync(maker, "POST /openai/v1/files", "{}")).Id;

        Assert.Equal(200, (await product.AskAsync(colleague, $"GET /openai/v1/files/{id}")).Status);
        Assert.Equal(404, (await product.AskAsync(stranger, $"GET /openai/v1/files/{id}")).Status);
        Assert.Equal(404, (await product.AskAsync(await product.MintWithAsync(null, "files"), $"GET /openai/v1/files/{id}")).Status);
    }

    [Theory]
    [InlineData("GET /openai/v1/files", "files")]
    [InlineData("GET /openai/v1/batches", "batches")]
    [InlineData("GET /anthropic/v1/files", "files")]
    [InlineData("GET /gemini/v1beta/files", "files")]
    [Trait("threat", "fault-15")]
    public async Task A_list_that_shows_what_others_made_needs_more_than_the_feature(string call, string feature)
    {
        var provider = call.Split('/')[1];
        Assert.Equal((403, "endpoint_not_allowed"), Of(await product.AskAsync(await product.MintWithAsync(null, feature), call, null, Version(provider))));
        Assert.Equal((200, (string?)null), Of(await product.AskAsync(await product.MintWithAsync(null, "account_read"), call, null, Version(provider))));
    }

    [Fact]
    [Trait("threat", "spend-17")]
    public async Task Nothing_that_a_request_says_of_itself_makes_it_another_owner_s()
    {
        var project = await product.CreateProjectAsync();
        var maker = await product.MintWithAsync(project, "files", "stored_objects");
        var thief = await product.MintWithAsync(null, "files", "stored_objects");
        var id = (await product.AskAsync(maker, "POST /openai/v1/conversations", "{}")).Id;
        (string, string)[] claims = [("openai-project", project), ("openai-organization", project), ("x-project", project), ("x-credential-proxy-owner", "project:" + project), ("x-forwarded-user", project)];

        Assert.Equal(404, (await product.AskAsync(thief, $"GET /openai/v1/conversations/{id}?project={project}&user={project}", null, claims)).Status);
        Assert.Equal(404, (await product.AskAsync(thief, "POST /openai/v1/conversations", new { data = new { id } })).Status);
        var echoed = await product.AskAsync(thief, "POST /openai/v1/conversations", new { metadata = new { id }, user = project });
        Assert.Equal(200, echoed.Status);
        Assert.Equal(404, (await product.AskAsync(thief, $"GET /openai/v1/conversations/{id}")).Status);
        Assert.Equal(200, (await product.AskAsync(thief, $"GET /openai/v1/conversations/{echoed.Id}")).Status);
    }

    [Fact]
    [Trait("threat", "fault-15")]
    public async Task An_id_that_a_request_states_and_its_answer_repeats_stays_its_maker_s()
    {
        var (mine, theirs) = (await product.MintWithAsync(null, "stored_input", "stored_objects"), await product.MintWithAsync(null, "stored_input", "stored_objects"));
        var foreign = (string)(await product.AskAsync(theirs, "POST /openai/v1/responses", new { model = "gpt-4o-mini", input = "Hi" })).Json["output"]![0]!["id"]!;
        var conversation = (await product.AskAsync(mine, "POST /openai/v1/conversations", "{}")).Id;
        var item = new { type = "message", id = foreign, role = "user", content = "x" };

        var added = await product.AskAsync(
            mine, $"POST /openai/v1/conversations/{conversation}/items", new { items = new[] { item } },
            ("x-mock-fault", System.Text.Json.JsonSerializer.Serialize(new { answer = System.Text.Json.JsonSerializer.Serialize(new { data = new[] { new { id = foreign }, new { id = "msg_of_mine" } } }) })));

        Assert.Equal((200, (string?)null), Of(added));
        Assert.Contains(foreign, added.Text, StringComparison.Ordinal);
        Assert.Equal((404, "object_not_found"), Of(await AskWithAsync(mine, foreign)));
        Assert.Equal((200, (string?)null), Of(await AskWithAsync(mine, "msg_of_mine")));
        Assert.Equal((200, (string?)null), Of(await AskWithAsync(theirs, foreign)));
    }

    private Task<Calls.Answer> AskWithAsync(string token, string item) =>
        product.AskAsync(token, "POST /openai/v1/responses", new { model = "gpt-4o-mini", input = new[] { new { type = "item_reference", id = item } } });

    [Fact]
    public async Task An_object_in_a_query_must_be_the_caller_s_own()
    {
        var (mine, theirs) = (await product.MintWithAsync(null, "stored_objects"), await product.MintWithAsync(null, "stored_objects"));
        var (own, foreign) = (await GenerateAsync(mine), await GenerateAsync(theirs));
        await product.ForgetAsync();

        Assert.Equal((404, "object_not_found"), Of(await product.AskAsync(mine, $"GET /openrouter/v1/generation?id={foreign}")));
        Assert.Equal((404, "object_not_found"), Of(await product.AskAsync(mine, $"GET /openrouter/v1/generation?id={own}&id={foreign}")));
        Assert.Equal((404, "object_not_found"), Of(await product.AskAsync(mine, $"GET /openrouter/v1/generation?id={own}&%69D={foreign}")));
        Assert.Equal((404, "object_not_found"), Of(await product.AskAsync(mine, "GET /openrouter/v1/generation")));
        Assert.Empty(await product.CapturedAsync());
        Assert.Null((await product.AskAsync(mine, $"GET /openrouter/v1/generation?id={own}")).Code);
        Assert.Single(await product.CapturedAsync());
    }

    private async Task<string> GenerateAsync(string token) =>
        (await product.AskAsync(token, "POST /openrouter/v1/chat/completions", """{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"Hi"}]}""")).Id;

    private static (string, string)[] Version(string provider) => provider == "anthropic" ? [("anthropic-version", "2023-06-01")] : [];

    private static (int Status, string? Code) Of(Calls.Answer answer) => (answer.Status, answer.Code);

    // What tells one request from another, and nothing else.
    private static string WithoutIds(Calls.Answer answer) =>
        answer.Text.Replace(answer.Headers.GetValues("x-credential-proxy-request-id").Single(), "", StringComparison.Ordinal);
}
