using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CredentialProxy.Tests.Architecture;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Documentation;

/// <summary>What the README says to type works as it stands there.</summary>
public sealed partial class ReadmeTests(Product product) : IClassFixture<Product>
{
    // Settings that a client reads and the product does not.
    private static readonly string[] ClientsOwn = ["CODEX_API_KEY"];

    private static readonly string Text = Repository.Read("README.md");

    [Fact]
    public async Task Its_requests_to_the_control_plane_are_answered()
    {
        var token = JsonNode.Parse(await RunAsync(Block("/api/tokens")))!;
        Assert.StartsWith("ptk_", (string)token["token"]!, StringComparison.Ordinal);
        using (await product.ChatAsync((string)token["token"]!))
        {
        }
        var usage = JsonNode.Parse(await RunAsync(Block("/api/usage")))!;
        Assert.Contains(usage["groups"]!.AsArray(), group => (string)group!["key"]! == (string)token["id"]!);
    }

    [Fact]
    public async Task Every_client_s_base_URL_leads_to_its_provider()
    {
        var token = await product.MintAsync();
        var addresses = Regex.Matches(Text, @"http://localhost:8080(/[a-z0-9/]+)`").Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(["/openai/v1", "/anthropic", "/gemini", "/openrouter/api/v1"], addresses);
        foreach (var (address, models) in addresses.Zip(["/models", "/v1/models", "/v1beta/models", "/models"]))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(product.Gateway, address + models));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            request.Headers.Add("anthropic-version", "2023-06-01");
            using var answer = await product.Client.SendAsync(request);
            Assert.True(answer.IsSuccessStatusCode, $"{address}: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    [Fact]
    public async Task Its_custom_provider_is_served()
    {
        await using var upstream = new RawUpstream("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{}");
        var exported = (await RunAsync(Block("Providers__acme") + "\nenv")).Split('\n').Where(line => line.StartsWith("Providers__acme", StringComparison.Ordinal)).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0].Replace("__", ":", StringComparison.Ordinal), pair => pair[1]);
        Assert.Equal("env:ACME_KEY", exported["Providers:acme:ApiKey"]);
        exported["Providers:acme:BaseUrl"] = upstream.Address;
        exported["Providers:acme:ApiKey"] = "sk-acme";
        await using var own = await Product.StartAsync([.. exported.Select(pair => (pair.Key, pair.Value))]);

        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(own.Gateway, "/acme/v1/chat/completions")) { Content = new StringContent("""{"model":"m","messages":[]}""", MediaTypeHeaderValue.Parse("application/json")) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await own.MintAsync(new { unit = "usd", limit = 1000 }));
        using var answer = await own.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("X-Acme-Key: sk-acme", upstream.Received, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_it_names_is_in_the_reference()
    {
        var reference = Repository.Read("docs/configuration.md");
        var names = Regex.Matches(Text, @"\b(?:CREDENTIAL_PROXY_[A-Z_]+|(?:[A-Z]+_)*PORT|HOST|[A-Z]+_API_KEY|Gateway__\w+)\b").Select(match => match.Value.Replace("__", ":", StringComparison.Ordinal)).Distinct().Except(ClientsOwn).ToList();
        Assert.Contains("CREDENTIAL_PROXY_DATA", names);
        Assert.All(names, name => Assert.Contains($"`{name}`", reference, StringComparison.Ordinal));
    }

    private static string Block(string mark) => Shell().Matches(Text).Select(match => match.Groups[1].Value).Single(block => block.Contains(mark, StringComparison.Ordinal));

    private async Task<string> RunAsync(string commands)
    {
        commands = commands.Replace("http://localhost:8081", product.Control.ToString().TrimEnd('/'), StringComparison.Ordinal);
        var start = new ProcessStartInfo("sh", ["-ec", commands]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ADMIN_KEY"] = product.AdminKey;
        using var shell = Process.Start(start)!;
        var output = await shell.StandardOutput.ReadToEndAsync();
        var errors = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, errors);
        return output;
    }

    [GeneratedRegex(@"^```sh\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Shell();
}
