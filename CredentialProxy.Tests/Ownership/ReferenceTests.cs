using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Ownership;

/// <summary>An object is its maker's: in bodies, and however it came to be known.</summary>
public sealed class ReferenceTests(Product product) : IClassFixture<Product>
{
    private const string Model = "gpt-4o-mini";

    /// <summary>A body that names an object, the collection it comes from, and the feature that makes one.</summary>
    public static TheoryData<string, string, string, string> Bodies => new()
    {
        { "POST /openai/v1/responses", """{"model":"gpt-4o-mini","input":"Hi","conversation":"ID"}""", "/openai/v1/conversations", "stored_objects" },
        { "POST /openai/v1/responses", """{"model":"gpt-4o-mini","input":"Hi","conversation":{"id":"ID"}}""", "/openai/v1/conversations", "stored_objects" },
        { "POST /openai/v1/responses", """{"model":"gpt-4o-mini","input":[{"role":"user","content":[{"type":"input_file","file_id":"ID"}]}]}""", "/openai/v1/files", "files" },
        { "POST /openai/v1/responses", """{"model":"gpt-4o-mini","input":"Hi","tools":[{"type":"file_search","vector_store_ids":["ID"]}]}""", "/openai/v1/vector_stores", "vector_stores" },
        { "POST /openai/v1/responses", """{"model":"gpt-4o-mini","input":"Hi","tools":[{"type":"code_interpreter","container":"ID"}]}""", "/openai/v1/containers", "containers" },
        { "POST /openai/v1/responses/input_tokens", """{"model":"gpt-4o-mini","conversation":"ID"}""", "/openai/v1/conversations", "stored_objects" },
        { "POST /openai/v1/chat/completions", """{"model":"gpt-4o-mini","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"ID"}}]}]}""", "/openai/v1/files", "files" },
        { "POST /openai/v1/batches", """{"input_file_id":"ID","endpoint":"/v1/responses","completion_window":"24h"}""", "/openai/v1/files", "files" },
        { "POST /openai/v1/fine_tuning/jobs", """{"training_file":"ID","model":"gpt-4o-mini"}""", "/openai/v1/files", "files" },
        { "POST /openai/v1/vector_stores", """{"anything":{"new":["ID"]}}""", "/openai/v1/files", "files" },
        { "POST /anthropic/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"ID"}}]}]}""", "/anthropic/v1/files", "files" },
        { "POST /gemini/v1beta/models/gemini-2.5-flash:generateContent", """{"contents":[{"parts":[{"text":"Hi"}]}],"cachedContent":"ID"}""", "/gemini/v1beta/cachedContents", "context_caching" },
        { "POST /gemini/v1beta/models/gemini-2.5-flash:generateContent", """{"contents":[{"parts":[{"text":"Hi"}]}],"tools":[{"fileSearch":{"fileSearchStoreNames":["ID"]}}]}""", "/gemini/v1beta/fileSearchStores", "vector_stores" },
    };

    private static string[] Granted => ["stored_input", "file_search", "code_execution", "web_fetch", "batches", "fine_tuning", "vector_stores"];

    [Theory]
    [MemberData(nameof(Bodies))]
    [Trait("threat", "spend-13")]
    [Trait("threat", "fault-15")]
    public async Task A_body_may_name_the_caller_s_own_objects_only(string call, string body, string collection, string feature)
    {
        var (mine, theirs) = (await product.MintWithAsync(null, [.. Granted, feature]), await product.MintWithAsync(null, [.. Granted, feature]));
        (string, string)[] version = call.Contains("anthropic", StringComparison.Ordinal) ? [("anthropic-version", "2023-06-01")] : [];
        var (own, foreign) = ((await product.AskAsync(mine, "POST " + collection, "{}", version)).Id, (await product.AskAsync(theirs, "POST " + collection, "{}", version)).Id);
        await product.ForgetAsync();

        var refused = await product.AskAsync(mine, call, body.Replace("ID", foreign, StringComparison.Ordinal), version);
        var unknown = await product.AskAsync(mine, call, body.Replace("ID", foreign + "x", StringComparison.Ordinal), version);

        Assert.Equal((404, "object_not_found"), (refused.Status, refused.Code));
        Assert.Equal((404, "object_not_found"), (unknown.Status, unknown.Code));
        Assert.Empty(await product.CapturedAsync());
        await product.NothingIsHeldAsync();
        Assert.Null((await product.AskAsync(mine, call, body.Replace("ID", own, StringComparison.Ordinal), version)).Code);
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, "gzip")]
    [InlineData(true, "br")]
    public async Task A_response_can_be_gone_on_with_and_read_by_its_maker_alone(bool isStream, string? encoding)
    {
        var (mine, theirs) = (await product.MintWithAsync(null, "stored_input", "stored_objects"), await product.MintWithAsync(null, "stored_input", "stored_objects"));
        (string, string)[] fault = encoding is null ? [] : [("x-mock-fault", $$"""{"encoding":"{{encoding}}"}""")];
        var made = await product.AskAsync(theirs, "POST /openai/v1/responses", new { model = Model, input = "Hi", stream = isStream }, fault);
        Assert.Equal(200, made.Status);
        var id = made.Text.Split("\"id\":\"")[1].Split('"')[0];
        Assert.StartsWith("resp_", id, StringComparison.Ordinal);
        await product.ForgetAsync();

        Assert.Equal("object_not_found", (await product.AskAsync(mine, $"GET /openai/v1/responses/{id}")).Code);
        Assert.Equal("object_not_found", (await product.AskAsync(mine, $"DELETE /openai/v1/responses/{id}")).Code);
        Assert.Equal("object_not_found", (await product.AskAsync(mine, $"POST /openai/v1/responses/{id}/cancel")).Code);
        Assert.Equal("object_not_found", (await product.AskAsync(mine, "POST /openai/v1/responses", new { model = Model, input = "And?", previous_response_id = id })).Code);
        Assert.Empty(await product.CapturedAsync());

        Assert.Equal(200, (await product.AskAsync(theirs, $"GET /openai/v1/responses/{id}")).Status);
        Assert.Equal(200, (await product.AskAsync(theirs, "POST /openai/v1/responses", new { model = Model, input = "And?", previous_response_id = id })).Status);
    }

    [Fact]
    public async Task An_id_is_on_the_disk_before_its_event_reaches_the_client()
    {
        var token = await product.MintWithAsync(null, "stored_input", "stored_objects");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(product.Gateway, "/openai/v1/responses"))
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
            Content = new StringContent("""{"model":"gpt-4o-mini","input":"Hi","stream":true}""", Encoding.UTF8, "application/json"),
        };
        // The stream goes on for half a minute; the id is known from its first event on.
        request.Headers.TryAddWithoutValidation("x-mock-fault", """{"chunkDelayMs":2000}""");
        using var answer = await product.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        string? line;
        do
        {
            line = await reader.ReadLineAsync(TestContext.Current.CancellationToken);
        }
        while (line?.StartsWith("data:", StringComparison.Ordinal) != true);

        var id = (string)JsonNode.Parse(line["data:".Length..])!["response"]!["id"]!;
        Assert.Equal(200, (await product.AskAsync(token, $"GET /openai/v1/responses/{id}")).Status);
    }

    [Fact]
    public async Task Items_that_are_mere_references_must_be_the_caller_s_own_and_repeated_ones_need_not()
    {
        var (mine, theirs) = (await product.MintWithAsync(null, "stored_input"), await product.MintWithAsync(null, "stored_input"));
        var foreign = (string)(await product.AskAsync(theirs, "POST /openai/v1/responses", new { model = Model, input = "Hi" })).Json["output"]![0]!["id"]!;
        var own = (string)(await product.AskAsync(mine, "POST /openai/v1/responses", new { model = Model, input = "Hi" })).Json["output"]![0]!["id"]!;
        await product.ForgetAsync();

        Assert.Equal("object_not_found", (await AskAsync(mine, new { type = "item_reference", id = foreign })).Code);
        Assert.Equal("object_not_found", (await AskAsync(mine, new { id = foreign })).Code);
        Assert.Empty(await product.CapturedAsync());
        Assert.Equal(200, (await AskAsync(mine, new { type = "item_reference", id = own })).Status);
        Assert.Equal(200, (await AskAsync(mine, new { type = "message", id = "msg_from_elsewhere", role = "assistant", content = "Hello" })).Status);
    }

    [Theory]
    [Trait("threat", "spend-13")]
    [Trait("threat", "key-7")]
    [InlineData("POST /openai/v1/responses/input_tokens", """{"model":"gpt-4o-mini","input":[{"id":"ID"}]}""")]
    [InlineData("POST /openai/v1/responses/input_tokens", """{"model":"gpt-4o-mini","input":[{"type":null,"id":"ID"}]}""")]
    [InlineData("POST /openai/v1/conversations", """{"items":[{"id":"ID"}]}""")]
    [InlineData("POST /openai/v1/conversations/CONVERSATION/items", """{"items":[{"type":"item_reference","id":"ID"},{"id":"ID"}]}""")]
    public async Task Items_are_somebody_s_wherever_they_are_named(string call, string body)
    {
        var (mine, theirs) = (await product.MintWithAsync(null, "stored_input", "stored_objects"), await product.MintWithAsync(null, "stored_input", "stored_objects"));
        var conversation = (await product.AskAsync(mine, "POST /openai/v1/conversations", "{}")).Id;
        var foreign = (string)(await product.AskAsync(theirs, "POST /openai/v1/responses", new { model = Model, input = "Hi" })).Json["output"]![0]!["id"]!;
        var own = (string)(await product.AskAsync(mine, "POST /openai/v1/responses", new { model = Model, input = "Hi" })).Json["output"]![0]!["id"]!;
        call = call.Replace("CONVERSATION", conversation, StringComparison.Ordinal);
        await product.ForgetAsync();

        Assert.Equal((404, "object_not_found"), await product.AskAsync(mine, call, body.Replace("ID", foreign, StringComparison.Ordinal)) is var refused ? (refused.Status, refused.Code) : default);
        Assert.Equal("feature_not_allowed", (await product.AskAsync(await product.MintAsync(), call.Contains("input_tokens", StringComparison.Ordinal) ? call : "POST /openai/v1/responses/input_tokens", body.Replace("items", "input", StringComparison.Ordinal))).Code);
        Assert.Empty(await product.CapturedAsync());
        Assert.Null((await product.AskAsync(mine, call, body.Replace("ID", own, StringComparison.Ordinal))).Code);
    }

    [Theory]
    [Trait("threat", "spend-13")]
    [InlineData("""{"model":"gpt-4o-mini","input":[{"type":"message","type":null,"id":"msg_theirs"}]}""")]
    [InlineData("""{"model":"gpt-4o-mini","input":[{"id":"msg_mine","id":"msg_theirs"}]}""")]
    public async Task An_item_that_says_twice_what_it_is_is_refused(string body)
    {
        await product.ForgetAsync();
        foreach (var call in new[] { "POST /openai/v1/responses", "POST /openai/v1/responses/input_tokens" })
        {
            var refused = await product.AskAsync(await product.MintAsync(), call, body);
            Assert.Equal((400, "invalid_request_body"), (refused.Status, refused.Code));
        }
        Assert.Empty(await product.CapturedAsync());
    }

    [Fact]
    public async Task A_token_that_may_store_nothing_can_name_nothing_not_even_its_own()
    {
        var token = await product.MintAsync();
        var id = (await product.AskAsync(token, "POST /openai/v1/responses", new { model = Model, input = "Hi" })).Id;
        await product.ForgetAsync();

        var refused = await product.AskAsync(token, "POST /openai/v1/responses", new { model = Model, input = "And?", previous_response_id = id });

        Assert.Equal((403, "feature_not_allowed", "previous_response_id"), (refused.Status, refused.Code, (string)refused.Json["error"]!["param"]!));
        Assert.Contains("'stored_input'", (string)refused.Json["error"]!["message"]!, StringComparison.Ordinal);
        Assert.Empty(await product.CapturedAsync());
    }

    [Theory]
    [InlineData("image[0][file_id]")]
    [InlineData("images[][file_id]")]
    [InlineData("file_id")]
    public async Task A_form_may_name_the_caller_s_own_objects_only(string field)
    {
        var (mine, theirs) = (await product.MintWithAsync(null, "files"), await product.MintWithAsync(null, "files"));
        var foreign = (await product.AskAsync(theirs, "POST /openai/v1/files", "{}")).Id;
        await product.ForgetAsync();
        using var form = new MultipartFormDataContent { { new StringContent("a fox"), "prompt" }, { new StringContent(foreign), field }, { new StringContent("gpt-image-1"), "model" } };

        Assert.Equal("object_not_found", (await product.AskAsync(mine, "POST /openai/v1/images/edits", form)).Code);

        using var asFile = new MultipartFormDataContent { { new StringContent("a fox"), "prompt" }, { new ByteArrayContent(Encoding.ASCII.GetBytes(foreign)), field, "x.png" } };
        Assert.Equal("object_not_found", (await product.AskAsync(mine, "POST /openai/v1/images/edits", asFile)).Code);
        using var broken = new ByteArrayContent("--x\r\nnonsense"u8.ToArray()) { Headers = { ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x") } };
        Assert.Equal("invalid_request_body", (await product.AskAsync(mine, "POST /openai/v1/images/edits", broken)).Code);
        Assert.Empty(await product.CapturedAsync());
        using var plain = new MultipartFormDataContent { { new StringContent("a fox"), "prompt" }, { new ByteArrayContent(new byte[2000]), "image", "x.png" } };
        Assert.Null((await product.AskAsync(mine, "POST /openai/v1/images/edits", plain)).Code);
        Assert.Single(await product.CapturedAsync());
    }

    [Fact]
    public async Task An_endpoint_that_is_read_as_JSON_takes_no_form()
    {
        using var form = new MultipartFormDataContent { { new StringContent("video_theirs"), "video[id]" } };
        Assert.Equal((400, "invalid_request_body"), await product.AskAsync(await product.MintWithAsync(null, "videos"), "POST /openai/v1/videos/edits", form) is var answer ? (answer.Status, answer.Code) : default);
    }

    private Task<Calls.Answer> AskAsync(string token, object item) => product.AskAsync(token, "POST /openai/v1/responses", new { model = Model, input = new[] { item } });
}
