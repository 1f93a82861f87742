using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Gateway.Tokens;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Leaks;

/// <summary>Requests to the control plane: objects made, shown, changed and removed, by those who may and those who may not, well-formed and not.</summary>
internal sealed class ControlRounds(LeakRun run)
{
    private readonly Product _product = run.Product;

    public async Task DriveAsync()
    {
        var admin = _product.AdminKey;
        var jwt = run.Tokens.Add("admin JWT", SharedSecret.Admin(("role", "admin")));
        await CredentialAsync(admin);
        await TokenAsync(admin);
        foreach (var caller in new[] { admin, jwt })
        {
            foreach (var path in new[] { "/api/tokens?limit=200", "/api/credentials", "/api/projects", "/api/usage?groupBy=token", "/api/usage?groupBy=credential", "/usage", "/openapi/v1.json", "/nonsense" })
            {
                await SendAsync(HttpMethod.Get, path, caller);
            }
        }
        foreach (var stranger in new[]
        {
            "", run.Tokens.Add("wrong admin key", Canaries.New("cpadm-wrong")), run.Tokens.Add("expired admin JWT", SharedSecret.Admin(("exp", 1))), run.Tokens.Add("viewer's JWT", SharedSecret.Admin(("role", "viewer"))),
            run.Tokens.Add("session token at the control plane", SharedSecret.Session("ws_control")),
        })
        {
            await SendAsync(HttpMethod.Get, "/api/tokens", stranger);
            await SendAsync(HttpMethod.Post, "/api/tokens", stranger, """{"kind":"proxy"}""");
        }
    }

    private async Task CredentialAsync(string admin)
    {
        var secret = run.Keys.Add("stored key", Canaries.New("sk-stored"));
        using var made = await _product.Admin.PostAsJsonAsync("/api/credentials", new { provider = "openai", label = "stored", secret });
        var id = (string)(await made.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
        await SendAsync(HttpMethod.Get, $"/api/credentials/{id}", admin);
        // It is used like any other, and fails like any other.
        var call = ProviderCall.Of("openai");
        foreach (var fault in new[] { null, """{"status":500}""", """{"reset":true}""" })
        {
            var request = _product.Post(call.Path, await _product.MintAsync(), new StringContent(call.Body("Hi", 16, false).ToJsonString(), Encoding.UTF8, "application/json"));
            if (fault is not null)
            {
                request.Headers.Add("x-mock-fault", fault);
            }
            await run.SendAsync(request);
        }
        await SendAsync(HttpMethod.Patch, $"/api/credentials/{id}", admin, new JsonObject { ["secret"] = run.Keys.Add("replacing key", Canaries.New("sk-replacing")) }.ToJsonString());
        var rejected = run.Keys.Add("rejected key", Canaries.New("sk-rejected"));
        foreach (var body in new[]
        {
            new JsonObject { ["provider"] = "openai", ["secret"] = rejected + " with a blank" }.ToJsonString(), new JsonObject { ["provider"] = "nobody", ["secret"] = rejected }.ToJsonString(),
            new JsonObject { ["provider"] = "openai", ["secrett"] = rejected }.ToJsonString(), new JsonObject { ["provider"] = "openai", ["secret"] = new JsonArray(rejected) }.ToJsonString(),
            new JsonObject { ["provider"] = "openai", ["limits"] = rejected }.ToJsonString(), new JsonObject { ["provider"] = "openai", ["secret"] = rejected }.ToJsonString()[..^3], rejected, $"\"{rejected}\"",
        })
        {
            await SendAsync(HttpMethod.Post, "/api/credentials", admin, body);
        }
        // What is left in the database is sealed; the removed one may leave its bytes in a free page.
        using var kept = await _product.Admin.PostAsJsonAsync("/api/credentials", new { provider = "anthropic", label = "kept", secret = run.Keys.Add("kept key", Canaries.New("sk-kept")) });
        await SendAsync(HttpMethod.Delete, $"/api/credentials/{id}", admin);
    }

    private async Task TokenAsync(string admin)
    {
        var token = run.Tokens.Add("chosen token", Canaries.New("chosen-too"));
        var made = await _product.CreateTokenAsync(new { kind = "proxy", token, label = "chosen" });
        await SendAsync(HttpMethod.Post, "/api/tokens", admin, new JsonObject { ["kind"] = "proxy", ["token"] = token }.ToJsonString());
        await SendAsync(HttpMethod.Post, "/api/tokens", admin, new JsonObject { ["kind"] = "session", ["token"] = token }.ToJsonString());
        await SendAsync(HttpMethod.Post, "/api/tokens", admin, new JsonObject { ["kind"] = "proxy", ["token"] = token + " with a blank" }.ToJsonString());
        await SendAsync(HttpMethod.Post, "/api/tokens", admin, new JsonObject { ["kind"] = "proxy", ["token"] = new JsonObject { ["x"] = token } }.ToJsonString());
        await SendAsync(HttpMethod.Get, $"/api/tokens/{made["id"]}", admin);
        await SendAsync(HttpMethod.Patch, $"/api/tokens/{made["id"]}", admin, """{"label":"renamed","limits":[{"unit":"requests","limit":5}]}""");
        await SendAsync(HttpMethod.Patch, $"/api/tokens/{made["id"]}", admin, new JsonObject { ["token"] = token }.ToJsonString());
        foreach (var verified in new[] { token, run.Tokens.Add("verified token", SharedSecret.Session("ws_verified")), run.Tokens.Add("unverified token", SharedSecret.Session("ws_verified", changes: ("aud", "x"))) })
        {
            await SendAsync(HttpMethod.Post, "/api/session-tokens/verify", admin, new JsonObject { ["token"] = verified }.ToJsonString());
        }
        await SendAsync(HttpMethod.Post, $"/api/tokens/{made["id"]}/revoke", admin);
        await SendAsync(HttpMethod.Delete, $"/api/tokens/{made["id"]}", admin);
    }

    private Task SendAsync(HttpMethod method, string path, string caller, string? body = null)
    {
        var request = new HttpRequestMessage(method, new Uri(_product.Control, path)) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        if (caller.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + caller);
        }
        return run.SendAsync(request);
    }
}
