using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Standalone;

/// <summary>The process as its operator meets it: what it says when it starts, why it does not, and how it ends.</summary>
public sealed class ProcessTests
{
    [Fact]
    public async Task Without_keys_it_says_which_are_missing_and_on_Ctrl_C_it_ends_well()
    {
        await using var process = StartedProcess.Standalone([], ("ANTHROPIC_API_KEY", "sk-ant-test"));
        await process.PrintedAsync("CREDENTIAL_PROXY_ADMIN_KEY");

        Assert.Contains("providers      anthropic", process.Text, StringComparison.Ordinal);
        Assert.Contains("openai is missing a key: set OPENAI_API_KEY", process.Text, StringComparison.Ordinal);
        Assert.Contains("gemini is missing a key: set GEMINI_API_KEY or GOOGLE_API_KEY", process.Text, StringComparison.Ordinal);
        Assert.Contains("openrouter is missing a key: set OPENROUTER_API_KEY", process.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("anthropic is missing", process.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-ant-test", process.Text, StringComparison.Ordinal);

        await process.InterruptAsync();
        Assert.Equal(0, await process.ExitAsync());
        EndedQuietly(process);
    }

    [Fact]
    public async Task Ctrl_C_while_it_starts_ends_it_well()
    {
        await using var process = StartedProcess.Standalone(["--demo"]);
        await process.PrintedAsync("Accounts opened");
        await process.InterruptAsync();
        Assert.Equal(0, await process.ExitAsync());
        EndedQuietly(process);
    }

    [Fact]
    public async Task A_second_Ctrl_C_does_not_wait_for_requests_that_run()
    {
        await using var process = StartedProcess.Standalone(["--demo"]);
        await process.PrintedAsync("CredentialProxy is ready");
        var demo = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(process.WorkingDirectory, "data", "demo.json")))!;
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, (string)demo["gateway"]! + "/openai/v1/chat/completions")
        {
            Content = JsonContent.Create(new { model = "gpt-4o-mini", stream = true, messages = new[] { new { role = "user", content = "Hello" } } }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (string)demo["proxyToken"]!);
        request.Headers.Add("x-mock-fault", """{"chunkDelayMs":600000}""");
        using var stream = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);

        await process.InterruptAsync();
        await process.PrintedAsync("Stopping");
        await process.InterruptAsync();
        Assert.Contains("gateway_stopping", await stream.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await process.ExitAsync());
        EndedQuietly(process);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told_in_one_line()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var process = StartedProcess.Standalone([], ("PORT", $"{port}"));
        Assert.Equal(1, await process.ExitAsync());
        Assert.Equal([$"Port {port} is taken or can't be used. Stop whatever has it, or set PORT to another port."], process.Errors);
        EndedQuietly(process);
    }

    [Theory]
    [InlineData("--Gateway:IdleTimeoutSeconds=0", "The setting Gateway:IdleTimeoutSeconds is not valid: it must be a whole number from 1 to 3600.")]
    [InlineData("demo", "The argument 'demo' is not known here. Known are --demo, and --NAME=VALUE for any setting, such as --PORT=9000.")]
    public async Task A_wrong_setting_is_told_in_one_line(string argument, string line)
    {
        await using var process = StartedProcess.Standalone([argument]);
        Assert.Equal(1, await process.ExitAsync());
        Assert.Equal([line], process.Errors);
        Assert.Empty(process.Output);
    }

    private static void EndedQuietly(StartedProcess process)
    {
        Assert.DoesNotContain("fail:", process.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("crit:", process.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", process.Text, StringComparison.Ordinal);
    }
}
