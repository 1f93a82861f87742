using System.Globalization;
using System.Text.RegularExpressions;

namespace CredentialProxy.Benchmarks.Throughput;

/// <summary>What came of a load.</summary>
/// <param name="Requests">How many there were.</param>
/// <param name="RequestsPerSecond">How many there were in a second.</param>
/// <param name="CpuMicrosecondsPerRequest">What the loaded process took of a processor for each.</param>
internal sealed record Throughput(double Requests, double RequestsPerSecond, double CpuMicrosecondsPerRequest);

/// <summary>A non-streamed chat completion over and over, at 32 connections, with one token.</summary>
internal sealed partial class Wrk : IDisposable
{
    private const int Connections = 32;

    /// <summary>Much longer than any answer takes: what a busy machine keeps waiting has not failed.</summary>
    private const int TimeoutSeconds = 30;

    private readonly string _script = Path.GetTempFileName();

    /// <summary>A load that carries a token.</summary>
    public Wrk(string token) => File.WriteAllText(_script, Script(token));

    /// <summary>Loads a process for so many seconds; from one processor where that is named.</summary>
    public async Task<Throughput> LoadAsync(ChildProcess process, Uri server, int seconds, int? processor = null)
    {
        string[] command = ["wrk", "-t1", $"-c{Connections}", $"-d{seconds}s", $"--timeout={TimeoutSeconds}s", "-s", _script, new Uri(server, "/v1/chat/completions").ToString()];
        if (processor is { } one)
        {
            command = ["taskset", "-c", one.ToString(CultureInfo.InvariantCulture), .. command];
        }
        var cpuBefore = process.CpuTime();
        var output = await ChildProcess.RunAsync(command[0], command[1..]);
        var cpu = process.CpuTime() - cpuBefore;
        if (output.Contains("Non-2xx", StringComparison.Ordinal) || output.Contains("Socket errors", StringComparison.Ordinal))
        {
            throw new InvalidOperationException("Requests failed:\n" + output);
        }
        var requests = double.Parse(RequestCount().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        var perSecond = double.Parse(RequestRate().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        return new Throughput(requests, perSecond, cpu.TotalMicroseconds / requests);
    }

    public void Dispose() => File.Delete(_script);

    private static string Script(string token) => $$"""
        wrk.method = "POST"
        wrk.headers["Content-Type"] = "application/json"
        wrk.headers["Authorization"] = "Bearer {{token}}"
        wrk.headers["User-Agent"] = "OpenAI/JS 7.57.0"
        wrk.body = '{"model":"gpt-4o-mini","messages":[{"role":"system","content":"{{new string('s', 400)}}"},{"role":"user","content":"Say something about foxes and dogs."}],"max_tokens":256,"temperature":0.7}'
        """;

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex RequestCount();

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex RequestRate();
}
