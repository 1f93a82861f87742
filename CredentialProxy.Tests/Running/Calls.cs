using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace CredentialProxy.Tests.Running;

/// <summary>Calls of any endpoint through the gateway.</summary>
internal static class Calls
{
    /// <summary>Makes a proxy token with these features, in this project.</summary>
    public static async Task<string> MintWithAsync(this Product product, string? project, params string[] features) =>
        (string)(await product.CreateTokenAsync(new { kind = "proxy", project, features }))["token"]!;

    /// <summary>Makes a project and returns its id.</summary>
    public static async Task<string> CreateProjectAsync(this Product product, params string[] features)
    {
        using var answer = await product.Admin.PostAsJsonAsync("/api/projects", new { name = Guid.NewGuid().ToString(), features });
        answer.EnsureSuccessStatusCode();
        return (string)(await answer.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
    }

    /// <summary>Calls an endpoint: <c>POST /openai/v1/files</c>.</summary>
    public static async Task<Answer> AskAsync(this Product product, string token, string call, object? body = null, params (string Name, string Value)[] headers)
    {
        var parts = call.Split(' ');
        using var request = new HttpRequestMessage(new HttpMethod(parts[0]), new Uri(product.Gateway, parts[1]));
        request.Content = body switch
        {
            null => null,
            HttpContent content => content,
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using var answer = await product.Client.SendAsync(request);
        return new Answer((int)answer.StatusCode, answer.Headers.TryGetValues("x-credential-proxy-error", out var codes) ? codes.Single() : null, await answer.Content.ReadAsStringAsync(), answer.Headers);
    }

    /// <summary>Sends a request line as it is, which an HTTP client would tidy up; answers the status line and what follows.</summary>
    public static async Task<string> SendRawAsync(this Product product, string token, string method, string target)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(product.Gateway.Host, product.Gateway.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"{method} {target} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    /// <summary>An answer.</summary>
    /// <param name="Status">Its status.</param>
    /// <param name="Code">Our own code; null for a provider's answer.</param>
    /// <param name="Text">Its body.</param>
    /// <param name="Headers">Its headers.</param>
    internal sealed record Answer(int Status, string? Code, string Text, HttpResponseHeaders Headers)
    {
        /// <summary>Its body as JSON.</summary>
        public JsonNode Json => JsonNode.Parse(Text)!;

        /// <summary>The id of what it made.</summary>
        public string Id => (string?)Json["id"] ?? (string)Json["name"]!;
    }
}
