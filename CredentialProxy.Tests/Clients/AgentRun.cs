using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace CredentialProxy.Tests.Clients;

/// <summary>One run of an agent, with a home, a working directory and a temporary directory that nothing else has, and an environment that holds nothing else.</summary>
internal sealed class AgentRun : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string Packages = Path.Combine(Path.GetDirectoryName(Here())!, "agents", "node_modules");

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("credential-proxy-agent-");

    public int ExitCode { get; private set; }

    /// <summary>What it printed as its answer.</summary>
    public string Output { get; private set; } = "";

    /// <summary>What it printed beside.</summary>
    public string Errors { get; private set; } = "";

    public string Home => Path.Combine(_directory.FullName, "home");

    public string WorkingDirectory => Path.Combine(_directory.FullName, "work");

    /// <summary>Runs it to its end.</summary>
    public static async Task<AgentRun> StartAsync(Agent agent)
    {
        var run = new AgentRun();
        try
        {
            await run.RunAsync(agent);
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>The files that hold a text, of all that it has written.</summary>
    public IEnumerable<string> FilesWith(string text) =>
        Directory.EnumerateFiles(_directory.FullName, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(file => File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0);

    public void Dispose() => _directory.Delete(recursive: true);

    private async Task RunAsync(Agent agent)
    {
        var temporary = _directory.CreateSubdirectory("tmp");
        Directory.CreateDirectory(Home);
        Directory.CreateDirectory(WorkingDirectory);
        if (agent.File is { } file)
        {
            var path = Path.Combine(Home, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, file.Text);
        }
        var start = new ProcessStartInfo("node", [Path.Combine(Packages, agent.Program), .. agent.Arguments])
        {
            WorkingDirectory = WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["HOME"] = Home;
        start.Environment["TMPDIR"] = temporary.FullName;
        foreach (var (name, value) in agent.Environment)
        {
            start.Environment[name] = value;
        }
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        using var impatience = patience.Token.Register(() => process.Kill(entireProcessTree: true));
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        Output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Errors = await errors;
        await process.WaitForExitAsync(CancellationToken.None);
        ExitCode = process.ExitCode;
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
