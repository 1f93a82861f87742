using System.Diagnostics;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Standalone;

/// <summary>What a newcomer does first: starts the demo and copies what it prints.</summary>
public sealed class DemoProcessTests(DemoProcessTests.Demo demo) : IClassFixture<DemoProcessTests.Demo>
{
    [Fact]
    public async Task The_printed_request_is_answered_and_the_printed_question_tells_what_it_cost()
    {
        var answer = await RunAsync(demo.Line("/openai/v1/chat/completions"));
        Assert.NotNull(answer["choices"]?[0]?["message"]?["content"]);

        var usage = await RunAsync(demo.Line("/api/usage?groupBy=token"));
        Assert.Equal((long)answer["usage"]!["prompt_tokens"]!, (long)usage["totals"]!["inputTokens"]!);
        Assert.Equal((long)answer["usage"]!["completion_tokens"]!, (long)usage["totals"]!["outputTokens"]!);
    }

    [Fact]
    public async Task What_scripts_need_is_in_a_file_for_its_owner_alone()
    {
        var path = Path.Combine(demo.Process.WorkingDirectory, "data", "demo.json");
        Assert.Contains(path, demo.Process.Text, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
        var file = JsonNode.Parse(await File.ReadAllTextAsync(path))!.AsObject();
        Assert.Equal(["gateway", "control", "mock", "adminKey", "projectId", "sessionToken", "proxyToken"], file.Select(member => member.Key));
        Assert.All(file, member => Assert.NotEmpty((string)member.Value!));
    }

    [Fact]
    public void Nothing_is_printed_as_an_error()
    {
        Assert.Empty(demo.Process.Errors);
        Assert.DoesNotContain("fail:", demo.Process.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("warn:", demo.Process.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_ready_after_a_few_seconds_of_work() =>
        // Of processor time, on all processors together: how long that takes by the clock depends on what else the machine does.
        Assert.InRange(demo.WorkUntilReady.TotalSeconds, 0.1, 10);

    private static async Task<JsonNode> RunAsync(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", command + " --silent --show-error --fail"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await shell.StandardOutput.ReadToEndAsync();
        var errors = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, errors);
        return JsonNode.Parse(output)!;
    }

    /// <summary>A running demo.</summary>
    public sealed class Demo : IAsyncLifetime
    {
        // A proxy that the environment names has no part in what the process says to itself.
        internal StartedProcess Process { get; } = StartedProcess.Standalone(["--demo"], ("http_proxy", "http://127.0.0.1:1"));

        internal string Line(string text) => Process.Output.Single(line => line.Contains("curl", StringComparison.Ordinal) && line.Contains(text, StringComparison.Ordinal)).Trim();

        internal TimeSpan WorkUntilReady { get; private set; }

        public async ValueTask InitializeAsync()
        {
            await Process.PrintedAsync("/api/usage?groupBy=token");
            WorkUntilReady = Process.ProcessorTime;
        }

        public ValueTask DisposeAsync() => Process.DisposeAsync();
    }
}
