using System.Text.Json.Nodes;
using CredentialProxy.MockProvider.Generation;

namespace CredentialProxy.MockProvider.Storing;

/// <summary>Collections of stored objects, all alike: make one, list, show, change, cancel, delete, and whatever lies below one.</summary>
internal static class StoredObjectsApi
{
    // A collection and what its ids begin with.
    private static readonly (string Path, string Prefix)[] Collections =
    [
        ("/v1/files", "file-"), ("/v1/conversations", "conv_"), ("/v1/vector_stores", "vs_"), ("/v1/batches", "batch_"), ("/v1/containers", "cntr_"), ("/v1/fine_tuning/jobs", "ftjob-"),
        ("/v1/assistants", "asst_"), ("/v1/threads", "thread_"), ("/v1/videos", "video_"), ("/v1/evals", "eval_"), ("/v1/skills", "skill_"), ("/v1/agents", "agent_"), ("/v1/sessions", "sesn_"),
        ("/v1/messages/batches", "msgbatch_"), ("/v1beta/files", "files/"), ("/v1beta/cachedContents", "cachedContents/"), ("/v1beta/fileSearchStores", "fileSearchStores/"),
    ];

    public static void Map(WebApplication app)
    {
        foreach (var (path, prefix) in Collections)
        {
            app.MapPost(path, (HttpContext context, ObjectStore store) => CreateAsync(Exchange.Of(context), store, path, prefix));
            app.MapGet(path, (HttpContext context, ObjectStore store) => Exchange.Of(context).SendJsonAsync("", new JsonObject { ["object"] = "list", ["data"] = store.List(path) }, 0));
            app.Map(path + "/{id}", (HttpContext context, ObjectStore store, string id) => ServeAsync(Exchange.Of(context), store, path, prefix, id));
            app.Map(path + "/{id}/{**rest}", (HttpContext context, ObjectStore store, string id, string rest) => ServeBelowAsync(Exchange.Of(context), store, path, id, rest));
        }
        app.Map("/v1/responses/{id}", (HttpContext context, ObjectStore store, string id) => ServeAsync(Exchange.Of(context), store, "/v1/responses", "", id));
        app.Map("/v1/responses/{id}/{**rest}", (HttpContext context, ObjectStore store, string id, string rest) => ServeBelowAsync(Exchange.Of(context), store, "/v1/responses", id, rest));
    }

    /// <summary>An answer to what names an object that isn't there.</summary>
    public static Task NotFoundAsync(Exchange exchange, string id) => exchange.FailAsync(StatusCodes.Status404NotFound, $"No such object: {id}");

    private static Task CreateAsync(Exchange exchange, ObjectStore store, string path, string prefix)
    {
        var stored = (JsonObject?)exchange.Body?.DeepClone() ?? [];
        var isGemini = prefix.EndsWith('/');
        var id = isGemini ? Ids.New("").ToLowerInvariant() : Ids.New(prefix);
        stored[isGemini ? "name" : "id"] = isGemini ? prefix + id : id;
        stored["object"] = path.Split('/')[^1].TrimEnd('s');
        stored["created_at"] = exchange.Now;
        store.Add(path, id, stored);
        return exchange.SendJsonAsync("", stored.DeepClone(), 0);
    }

    private static Task ServeAsync(Exchange exchange, ObjectStore store, string path, string prefix, string id)
    {
        // Gemini's verbs hang on the id.
        var name = prefix.EndsWith('/') ? id.Split(':')[0] : id;
        if (store.Find(path, name) is not { } stored)
        {
            return NotFoundAsync(exchange, id);
        }
        if (HttpMethods.IsDelete(exchange.Context.Request.Method))
        {
            store.Remove(path, name);
            return exchange.SendJsonAsync("", new JsonObject { ["id"] = id, ["deleted"] = true }, 0);
        }
        return exchange.SendJsonAsync("", stored, 0);
    }

    private static Task ServeBelowAsync(Exchange exchange, ObjectStore store, string path, string id, string rest)
    {
        if (store.Find(path, id) is not { } stored)
        {
            return NotFoundAsync(exchange, id);
        }
        return rest == "content"
            ? OpenAI.Media.ContentAsync(exchange)
            : exchange.SendJsonAsync("", rest == "cancel" ? stored : new JsonObject { ["object"] = "list", ["data"] = new JsonArray() }, 0);
    }
}
