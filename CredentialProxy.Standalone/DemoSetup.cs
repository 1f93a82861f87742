using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using CredentialProxy.ServiceDefaults.Configuration;

namespace CredentialProxy.Standalone;

/// <summary>Makes what a demo shows, over the control plane's own API: a project and one token of each kind.</summary>
internal static class DemoSetup
{
    private const string ProjectId = "demo";
    private const int LifetimeSeconds = 7 * 86400;

    /// <summary>Makes the project, unless an earlier demo has, and new tokens; those of earlier demos are deleted.</summary>
    public static async Task<DemoFile> PrepareAsync(StandaloneHost host, CancellationToken cancellationToken)
    {
        // Whatever proxy the environment names, the admin key stays on this machine.
        using var control = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = host.ControlAddress };
        control.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", host.AdminKey);
        using (var made = await control.PostAsJsonAsync("/api/projects", new { id = ProjectId, name = "Demo", limits = new[] { new { unit = "usd", limit = 1000, window = "month" } } }, cancellationToken))
        {
            if (made.StatusCode != HttpStatusCode.Conflict)
            {
                made.EnsureSuccessStatusCode();
            }
        }
        var earlier = await control.GetFromJsonAsync<JsonNode>($"/api/tokens?project={ProjectId}&limit=200", cancellationToken);
        foreach (var token in earlier!["tokens"]!.AsArray())
        {
            using var deleted = await control.DeleteAsync($"/api/tokens/{(string?)token!["id"]}", cancellationToken);
        }
        return new DemoFile
        {
            Gateway = Address(host.GatewayAddress),
            Control = Address(host.ControlAddress),
            Mock = Address(host.MockAddress!),
            AdminKey = host.AdminKey!,
            ProjectId = ProjectId,
            SessionToken = await MintAsync(control, "session", cancellationToken),
            ProxyToken = await MintAsync(control, "proxy", cancellationToken),
        };
    }

    private static async Task<string> MintAsync(HttpClient control, string kind, CancellationToken cancellationToken)
    {
        var request = new
        {
            kind,
            label = $"demo {kind} token",
            project = ProjectId,
            limits = new object[] { new { unit = "tokens", limit = 10_000_000, window = "lifetime" }, new { unit = "requests", limit = 10_000, window = "minute" } },
            ttlSeconds = LifetimeSeconds,
        };
        using var made = await control.PostAsJsonAsync("/api/tokens", request, cancellationToken);
        made.EnsureSuccessStatusCode();
        return (string?)(await made.Content.ReadFromJsonAsync<JsonNode>(cancellationToken))?["token"] ?? throw new StartupException("The demo's token was not made.");
    }

    private static string Address(Uri address) => address.ToString().TrimEnd('/');
}
