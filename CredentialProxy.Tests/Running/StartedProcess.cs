using System.Collections.Concurrent;
using System.Diagnostics;

namespace CredentialProxy.Tests.Running;

/// <summary>One of our programs as a process of its own: what it prints, and the signals it is sent. Its environment holds nothing but what a test puts there.</summary>
internal sealed class StartedProcess : IAsyncDisposable
{
    /// <summary>How long anything may take on a machine that is busy with other tests.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("credential-proxy-process-");

    private StartedProcess(string assembly, string[] arguments, (string Name, string Value)[] settings)
    {
        // A test runner that was started in the background ignores Ctrl-C, and so would its children. A file that may grow no further is a full disk to a program that ignores the signal.
        string[] prefix = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT", "--ignore-signal=XFSZ", "dotnet"] : ["dotnet"];
        var start = new ProcessStartInfo(prefix[0], [.. prefix[1..], assembly, .. arguments])
        {
            WorkingDirectory = _directory.FullName,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name is not ("PATH" or "HOME" or "DOTNET_ROOT" or "TMPDIR")).ToList())
        {
            start.Environment.Remove(name);
        }
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Note(Output, e.Data);
        _process.ErrorDataReceived += (_, e) => Note(Errors, e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The lines it printed.</summary>
    public ConcurrentQueue<string> Output { get; } = new();

    /// <summary>The lines it printed as errors.</summary>
    public ConcurrentQueue<string> Errors { get; } = new();

    /// <summary>Everything it printed.</summary>
    public string Text => string.Join('\n', Output.Concat(Errors));

    /// <summary>The directory it runs in, which goes away with it.</summary>
    public string WorkingDirectory => _directory.FullName;

    /// <summary>How long it has kept a processor busy so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts the product on free ports.</summary>
    public static StartedProcess Standalone(string[] arguments, params (string Name, string Value)[] settings) => new(
        Path.Combine(AppContext.BaseDirectory, "CredentialProxy.Standalone.dll"), arguments, [("PORT", "0"), ("CONTROL_PORT", "0"), ("MOCK_PORT", "0"), .. settings]);

    /// <summary>Starts any assembly with arguments.</summary>
    public static StartedProcess Of(string assembly, string[] arguments, params (string Name, string Value)[] settings) => new(assembly, arguments, settings);

    /// <summary>Starts any assembly.</summary>
    public static StartedProcess Of(string assembly, params (string Name, string Value)[] settings) => new(assembly, [], settings);

    /// <summary>Waits for a line that holds a text, and answers the line.</summary>
    public async Task<string> PrintedAsync(string text)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var hasExited = _process.HasExited;
            if (Output.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
            {
                return found;
            }
            Assert.False(hasExited || patience.IsCancellationRequested, $"'{text}' was not printed:\n{Text}");
            await Task.Delay(20, CancellationToken.None);
        }
    }

    /// <summary>Sends what Ctrl-C sends.</summary>
    public Task InterruptAsync() => SignalAsync("INT");

    /// <summary>Sends a signal.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Lets its files grow to so many bytes, or <c>unlimited</c>: writing on fails, as on a full disk. The soft limit alone, which may be raised again.</summary>
    public async Task BoundFilesAsync(string bytes)
    {
        using var limit = Process.Start("prlimit", ["--pid", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), $"--fsize={bytes}:"]);
        await limit.WaitForExitAsync();
        Assert.Equal(0, limit.ExitCode);
    }

    /// <summary>Ends it on the spot: it gets to do nothing any more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        // Until all that it had printed has been read, too.
        await _process.WaitForExitAsync();
    }

    /// <summary>Waits until it has ended, and answers its exit code.</summary>
    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The process did not end:\n{Text}");
        }
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private static void Note(ConcurrentQueue<string> lines, string? line)
    {
        if (!string.IsNullOrWhiteSpace(line))
        {
            lines.Enqueue(line);
        }
    }
}
