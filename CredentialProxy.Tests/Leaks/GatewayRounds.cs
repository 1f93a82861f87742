using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Gateway.Tokens;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Leaks;

/// <summary>Requests to the gateway: served, refused in every way there is, failed upstream, failed within.</summary>
internal sealed class GatewayRounds(LeakRun run)
{
    private static readonly string[] Faults =
    [
        """{"status":500}""", """{"status":401}""", """{"status":429,"retryAfter":3}""", """{"reset":true}""", """{"cutAfterChunks":4}""", """{"malformed":true}""", """{"geo403":true}""",
        """{"location":"http://127.0.0.1:1/elsewhere"}""", """{"headers":{"content-encoding":"gzip"}}""", """{"encoding":"zstd"}""", """{"missingUsage":true}""", """{"claimOutput":-5}""",
        """{"gate":"never"}""", """{"hang":true}""",
    ];

    private readonly Product _product = run.Product;

    public async Task DriveAsync()
    {
        var proxy = await TokenAsync("proxy token", new { kind = "proxy" });
        var session = await TokenAsync("session token", new { kind = "session" });
        var chosen = await TokenAsync("chosen proxy token", new { kind = "proxy", token = Canaries.New("chosen") });
        foreach (var token in new[] { proxy, session, chosen })
        {
            await ServeAsync(token);
        }
        foreach (var provider in ProviderCall.Providers)
        {
            await CallAsync(provider, Foreign(provider));
            await CallAsync(provider, Foreign(provider), isStream: true);
        }
        await RefuseAsync(proxy);
        await RefuseForTheirStateAsync();
        await StoreAsync(await TokenAsync("storing token", new { kind = "proxy", features = new[] { "files" } }));
        await BreakHttpAsync(proxy);
        await Task.WhenAll(Faults.SelectMany(fault => ProviderCall.Providers.SelectMany(provider => new[] { CallAsync(provider, proxy, fault: fault), CallAsync(provider, proxy, isStream: true, fault: fault) })));
        foreach (var provider in new[] { "inquery", "down", "silent" })
        {
            await run.SendAsync(_product.Post($"/{provider}/v1/chat/completions", proxy, Body()));
        }
    }

    // Every provider, every slot, plain and streamed.
    private async Task ServeAsync(string token)
    {
        foreach (var provider in ProviderCall.Providers)
        {
            var call = ProviderCall.Of(provider);
            await CallAsync(provider, token);
            await CallAsync(provider, token, isStream: true);
            foreach (var slot in new[] { "x-api-key", "x-goog-api-key", "api-key" })
            {
                var request = _product.Post(call.Path, "", Json(call.Body("Hi", 16, false)));
                request.Headers.TryAddWithoutValidation(slot, token);
                await run.SendAsync(request);
            }
            await run.SendAsync(_product.Post($"{call.Path}?key={Uri.EscapeDataString(token)}", "", Json(call.Body($"My token is {token}, keep it safe.", 16, false))));
        }
        await run.SendAsync(_product.Request(HttpMethod.Get, $"/v1beta/models?key={Uri.EscapeDataString(token)}", ""));
        await run.SendAsync(_product.Request(HttpMethod.Get, $"/health?key={Uri.EscapeDataString(token)}", ""));
        var preflight = _product.Request(HttpMethod.Options, $"/v1/models?key={Uri.EscapeDataString(token)}", "");
        preflight.Headers.Add("Origin", "https://app.example");
        preflight.Headers.Add("Access-Control-Request-Method", "GET");
        await run.SendAsync(preflight);
    }

    private async Task RefuseAsync(string token)
    {
        await CallAsync("openai", "");
        // A client that mistook its provider's key for its token, or the admin's.
        await CallAsync("openai", run.Tokens.Add("mistaken key", Canaries.New("sk-mistaken")));
        await CallAsync("openai", _product.AdminKey);
        await CallAsync("openai", run.Tokens.Add("forged session token", SharedSecret.Session("ws")[..^4] + "AAAA"));
        await CallAsync("openai", run.Tokens.Add("foreign session token", SharedSecret.Session("ws", changes: ("aud", "others"))));
        var twice = _product.Post($"/v1/chat/completions?key={token}", run.Tokens.Add("second token", Canaries.New("ptk")), Body());
        await run.SendAsync(twice);
        var basic = _product.Post("/v1/chat/completions", "", Body());
        basic.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"user:{token}")));
        await run.SendAsync(basic);
        foreach (var path in new[] { "/openai/v1/organization/admin_api_keys", "/nonsense", $"/openai//v1/models?key={token}", $"/openai/v1/models?x=%00&key={token}" })
        {
            await run.SendAsync(_product.Request(HttpMethod.Get, path, token));
        }
        foreach (var body in new[] { "{", "[]", $"{{\"model\":\"{token}", $"{{\"model\":{{\"{token}\":1}}}}", $"{{\"max_tokens\":\"{token}\"}}" })
        {
            await run.SendAsync(_product.Post("/openai/v1/chat/completions", token, new StringContent(body, Encoding.UTF8, "application/json")));
        }
        var compressed = _product.Post("/openai/v1/chat/completions", token, Body());
        compressed.Content!.Headers.ContentEncoding.Add("gzip");
        await run.SendAsync(compressed);
        await CallAsync("anthropic", Foreign("openai"));
        await CallAsync("openai", run.Tokens.Add("session token of no credential", SharedSecret.Session("ws", changes: ("credentialId", "cred_none"))));
    }

    private async Task RefuseForTheirStateAsync()
    {
        foreach (var (name, request) in new (string, object)[]
        {
            ("narrow token", new { kind = "proxy", providers = new[] { "anthropic" } }), ("model token", new { kind = "proxy", models = new[] { "gpt-5" } }),
            ("endpoint token", new { kind = "proxy", endpoints = new[] { "POST /v1/embeddings" } }), ("network token", new { kind = "proxy", cidrs = new[] { "192.0.2.0/24" } }),
            ("origin token", new { kind = "proxy", origins = new[] { "https://good.example" } }), ("spent token", new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 0 } } }),
            ("rated token", new { kind = "proxy", limits = new[] { new { unit = "requests", limit = 1, window = "minute" } } }), ("concurrent token", new { kind = "proxy", limits = new[] { new { unit = "concurrent", limit = 0 } } }),
        })
        {
            var token = await TokenAsync(name, request);
            for (var i = 0; i < 2; i++)
            {
                var message = _product.Post("/openai/v1/chat/completions", token, Body());
                message.Headers.Add("Origin", "https://evil.example");
                await run.SendAsync(message);
            }
        }
        await CallAsync("openai", run.Tokens.Add("expired session token", SharedSecret.Session("ws", changes: [("iat", 1), ("exp", 2)])));
        foreach (var kind in new[] { "proxy", "session" })
        {
            var made = await _product.CreateTokenAsync(new { kind });
            var token = run.Tokens.Add($"revoked {kind} token", (string)made["token"]!);
            using var stream = await _product.ChatAsync(token, isStream: true, fault: """{"gate":"revoked"}""");
            using var revoked = await _product.Admin.PostAsync($"/api/tokens/{made["id"]}/revoke", null);
            await stream.Content.ReadAsStringAsync();
            await CallAsync("openai", token);
        }
    }

    // What is stored at the provider: the token's own, and what belongs to nobody.
    private async Task StoreAsync(string token)
    {
        await run.SendAsync(_product.Post("/openai/v1/files", token, new MultipartFormDataContent { { new StringContent("notes"), "file", "notes.txt" }, { new StringContent("user_data"), "purpose" } }));
        var start = _product.Post("/gemini/upload/v1beta/files", token, new StringContent("""{"file":{"display_name":"notes"}}""", Encoding.UTF8, "application/json"));
        start.Headers.Add("X-Goog-Upload-Protocol", "resumable");
        start.Headers.Add("X-Goog-Upload-Command", "start");
        await run.SendAsync(start);
        foreach (var path in new[] { "/openai/v1/files/file-of-nobody", "/openai/v1/files", "/gemini/v1beta/files/of-nobody" })
        {
            await run.SendAsync(_product.Request(HttpMethod.Get, path, token));
        }
        await run.SendAsync(_product.Post("/openai/v1/audio/transcriptions", token, new MultipartFormDataContent { { new StringContent("sound"), "file", "sound.mp3" }, { new StringContent("whisper-1"), "model" } }));
    }

    // What Kestrel itself refuses, or a client library would never send.
    private async Task BreakHttpAsync(string token)
    {
        var host = $"Host: {_product.Gateway.Authority}\r\nConnection: close\r\n";
        foreach (var request in new[]
        {
            $"GET /v1/models?key={token}\u0001 HTTP/1.1\r\n{host}\r\n", $"GET /v1/mod els?key={token} HTTP/1.1\r\n{host}\r\n", $"GET http://[{token} HTTP/1.1\r\n{host}\r\n", $"GET {token} HTTP/1.1\r\n{host}\r\n",
            $"GET /v1/models HTTP/1.1\r\n{host}Authorization: Bearer {token}\u0001\r\n\r\n", $"GET /v1/models HTTP/1.1\r\n{host}Authorization: Bearer {token}\u00e9\r\n\r\n",
            $"GET /v1/models HTTP/1.1\r\n{host}Authorization : Bearer {token}\r\n\r\n", $"GET /v1/models HTTP/1.1\r\n{host}x-api-key: {token}\r\nContent-Length: {token}\r\n\r\n",
            $"GET /v1/models HTTP/1.1\r\nHost: {token}\"\r\nConnection: close\r\n\r\n", $"GET /v1/models HTTP/{token}\r\n{host}\r\n", $"CONNECT {token}:443 HTTP/1.1\r\n{host}\r\n",
            $"GET /v1/models HTTP/1.1\r\n{host}x-api-key: {token}\r\nTransfer-Encoding: {token}\r\n\r\n", $"POST /v1/chat/completions HTTP/1.1\r\n{host}x-api-key: {token}\r\nTransfer-Encoding: chunked\r\n\r\n{token}\r\n",
            $"GET /v1/realtime?key={token} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: realtime, openai-insecure-api-key.{token}\r\n\r\n",
        })
        {
            await run.SendRawAsync(request.Contains("Connection: close", StringComparison.Ordinal) ? request : request.Replace("Connection: Upgrade", "Connection: Upgrade, close", StringComparison.Ordinal));
        }
    }

    private async Task<string> TokenAsync(string name, object request) => run.Tokens.Add(name, (string)(await _product.CreateTokenAsync(request))["token"]!);

    private string Foreign(string provider) => run.Tokens.Add($"{provider} session token", SharedSecret.Session("ws_leaks", provider, 10_000_000, ("credentialId", null)));

    private Task CallAsync(string provider, string token, bool isStream = false, string? fault = null)
    {
        var call = ProviderCall.Of(provider);
        var request = _product.Post(isStream ? call.StreamPath : call.Path, token, Json(call.Body("Hi", 16, isStream)));
        if (fault is not null)
        {
            request.Headers.Add("x-mock-fault", fault);
        }
        return run.SendAsync(request);
    }

    private static StringContent Body() => Json(ProviderCall.Of("openai").Body("Hi", 16, false));

    private static StringContent Json(JsonObject body) => new(body.ToJsonString(), Encoding.UTF8, "application/json");
}
