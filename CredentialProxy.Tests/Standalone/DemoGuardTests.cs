using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Standalone;

/// <summary>A demo never has a key that is real: its mock provider shows everyone what it was sent.</summary>
public sealed partial class DemoGuardTests : IDisposable
{
    private const string AdminKey = "demo-guard-admin-key-0123456789";
    private const string Canary = "sk-canary-8Kq2mVx7Rt5Wz9Bn3Lc6";

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("credential-proxy-demo-guard-");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task A_demo_does_not_start_where_credentials_are_stored_and_leaves_them_as_they_are()
    {
        await StoreCredentialAsync();

        await using (var demo = Start("--demo"))
        {
            Assert.NotEqual(0, await demo.ExitAsync());
            Assert.Contains("holds credentials or tokens, and a demo would send credentials to the mock provider", demo.Text, StringComparison.Ordinal);
            Assert.Contains("CREDENTIAL_PROXY_DATA", demo.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(Canary, demo.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("Unhandled exception", demo.Text, StringComparison.Ordinal);
        }
        await using var real = Start();
        await real.PrintedAsync("openai");
        Assert.Contains("providers      openai", real.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_demo_starts_again_with_what_was_stored_in_it()
    {
        await StoreCredentialAsync("--demo");

        await using var again = Start("--demo");
        await again.PrintedAsync("CredentialProxy is ready");
    }

    [Fact]
    public async Task What_a_demo_began_and_a_real_start_went_on_with_is_no_demo_any_more()
    {
        await using (var demo = Start("--demo"))
        {
            await demo.PrintedAsync("CredentialProxy is ready");
        }
        await StoreCredentialAsync();

        await using var again = Start("--demo");
        Assert.NotEqual(0, await again.ExitAsync());
        Assert.Contains("holds credentials", again.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_that_a_demo_gave_out_opens_a_real_key()
    {
        JsonNode demo;
        string ownClaims;
        await using (var process = StartedProcess.Standalone(["--demo"], ("CREDENTIAL_PROXY_DATA", _data.FullName)))
        {
            await process.PrintedAsync("CredentialProxy is ready");
            demo = JsonNode.Parse(await File.ReadAllTextAsync(DemoFile))!;
            using var client = new HttpClient { BaseAddress = new Uri((string)demo["control"]!) };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)demo["adminKey"]!);
            using var minted = await client.PostAsJsonAsync("/api/session-tokens", new { sub = "ws", provider = "openai" });
            ownClaims = (string)(await minted.Content.ReadFromJsonAsync<JsonNode>())!["token"]!;
        }
        await using var real = StartedProcess.Standalone([], ("CREDENTIAL_PROXY_DATA", _data.FullName), ("OPENAI_API_KEY", Canary), ("Providers__openai__BaseUrl", "http://127.0.0.1:1"));
        await real.PrintedAsync("admin key");
        var gateway = Address().Match(await real.PrintedAsync("gateway  ")).Value;
        var control = Address().Match(await real.PrintedAsync("control plane")).Value;

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(gateway + "/openai/v1/models", (string)demo["proxyToken"]!));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(gateway + "/openai/v1/models", (string)demo["sessionToken"]!));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(gateway + "/openai/v1/models", ownClaims));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(control + "/api/usage", (string)demo["adminKey"]!));
        Assert.False(File.Exists(DemoFile));
    }

    private string DemoFile => Path.Combine(_data.FullName, "demo.json");

    private static async Task<HttpStatusCode> StatusAsync(string address, string token)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.GetAsync(new Uri(address));
        return answer.StatusCode;
    }

    private StartedProcess Start(params string[] arguments) =>
        StartedProcess.Standalone(arguments, ("CREDENTIAL_PROXY_DATA", _data.FullName), ("CREDENTIAL_PROXY_ADMIN_KEY", AdminKey));

    private async Task StoreCredentialAsync(params string[] arguments)
    {
        await using var process = Start(arguments);
        await process.PrintedAsync("CredentialProxy is ready");
        var control = Address().Match(await process.PrintedAsync("control plane")).Value;
        Assert.NotEmpty(control);
        using var client = new HttpClient { BaseAddress = new Uri(control) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        using var answer = await client.PostAsJsonAsync("/api/credentials", new { provider = "openai", label = "stored", secret = Canary });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    [GeneratedRegex(@"http://[\w.:]+")]
    private static partial Regex Address();
}
