using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>One caller of the control plane, by its key.</summary>
public sealed class ControlCalls(Uri control, string key) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = control };

    /// <summary>The admin of a product.</summary>
    public static ControlCalls AdminOf(Product product) => new(product.Control, product.AdminKey);

    /// <summary>Another caller, with a key of this role made by this one.</summary>
    public async Task<ControlCalls> WithRoleAsync(string role, object? ceilings = null) =>
        new(control, (string)(await CreateAsync("/api/admin-keys", new { role, label = $"a {role}", ceilings }))["key"]!);

    /// <summary>Sends a request whose body is a JSON text, or anything that is written as JSON.</summary>
    public async Task<Answered> SendAsync(string method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = body is string json ? new StringContent(json, Encoding.UTF8, "application/json") : JsonContent.Create(body);
        }
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using var answer = await _client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return new Answered(answer.StatusCode, text, answer.Headers.ETag?.ToString() ?? "", answer.Content.Headers.ContentType?.MediaType ?? "");
    }

    /// <summary>Makes something, which must succeed.</summary>
    public async Task<JsonNode> CreateAsync(string path, object body)
    {
        var answer = await SendAsync("POST", path, body);
        Assert.True(answer.Status == HttpStatusCode.Created, answer.Text);
        return answer.Json;
    }

    /// <summary>Reads something, which must succeed.</summary>
    public async Task<JsonNode> GetAsync(string path)
    {
        var answer = await SendAsync("GET", path);
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        return answer.Json;
    }

    /// <summary>Every object of a list, read page by page.</summary>
    public async Task<List<JsonNode>> AllAsync(string path, string name, int pageSize)
    {
        var all = new List<JsonNode>();
        string? cursor = null;
        do
        {
            var page = await GetAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? "&" : "?")}limit={pageSize}{(cursor is null ? "" : $"&cursor={cursor}")}");
            var shown = page[name]!.AsArray();
            Assert.InRange(shown.Count, 0, pageSize);
            all.AddRange(shown.Select(node => node!));
            cursor = (string?)page["nextCursor"];
        }
        while (cursor is not null);
        return all;
    }

    public void Dispose() => _client.Dispose();
}

/// <summary>An answer of the control plane.</summary>
public sealed record Answered(HttpStatusCode Status, string Text, string Tag, string ContentType)
{
    public JsonNode Json => JsonNode.Parse(Text)!;

    public string? Code => (string?)Json["code"];

    /// <summary>The fields that a problem names.</summary>
    public IEnumerable<string> Fields => Json["errors"]?.AsObject().Select(error => error.Key) ?? [];
}
