using System.Globalization;
using System.Text.RegularExpressions;

namespace CredentialProxy.Benchmarks.Throughput;

/// <summary>
/// A non-streamed chat completion at 32 connections through the gateway, with a token that has three limits, and through a bare forwarder, in turn, so that
/// both meet the same machine. Ratios are taken pair by pair.
/// </summary>
internal static partial class ThroughputComparison
{
    private const int Repeats = 7;
    private const int WarmUps = 3;
    private const int Connections = 32;
    private const int NginxPort = 18590;
    private const int BarePort = 18591;
    private const int GatewayPort = 18592;
    private const int ControlPort = 18593;

    private sealed record Measurement(double Requests, double RequestsPerSecond, double CpuMicrosecondsPerRequest);

    public static async Task<int> RunAsync(int seconds)
    {
        using var upstream = StaticUpstream.Start(NginxPort);
        using var bare = ChildProcess.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "CredentialProxy.Benchmarks.dll"), "bare", BarePort.ToString(CultureInfo.InvariantCulture), upstream.Address]);
        await Product.WaitUntilServingAsync(new Uri($"http://127.0.0.1:{BarePort}"));
        using var product = await Product.StartAsync(upstream.Address, GatewayPort, ControlPort);
        var token = await product.MintAsync();
        var script = Path.Combine(Path.GetTempPath(), "credential-proxy-wrk.lua");
        await File.WriteAllTextAsync(script, WrkScript(token));
        var bareTarget = $"http://127.0.0.1:{BarePort}/v1/chat/completions";
        var gatewayTarget = $"http://127.0.0.1:{GatewayPort}/v1/chat/completions";

        Console.WriteLine("warming up …");
        // Until the runtime has compiled both for good, which it does in steps of its own.
        for (var i = 0; i < WarmUps; i++)
        {
            await MeasureAsync(bare, bareTarget, script, seconds);
            await MeasureAsync(product.Process, gatewayTarget, script, seconds);
        }
        var pairs = new List<(Measurement Bare, Measurement Gateway)>();
        Console.WriteLine("repeat   bare req/s   gateway req/s   ratio   bare µs CPU/req   gateway µs CPU/req   ratio");
        for (var i = 1; i <= Repeats; i++)
        {
            var pair = (await MeasureAsync(bare, bareTarget, script, seconds), await MeasureAsync(product.Process, gatewayTarget, script, seconds));
            pairs.Add(pair);
            Print(i.ToString(CultureInfo.InvariantCulture), pair);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"median ratio: throughput {Median(pairs.Select(pair => pair.Gateway.RequestsPerSecond / pair.Bare.RequestsPerSecond)):0.000}, CPU per request {Median(pairs.Select(pair => pair.Gateway.CpuMicrosecondsPerRequest / pair.Bare.CpuMicrosecondsPerRequest)):0.000}"));
        var bareBytes = await AllocationAsync(bare, bareTarget, script, seconds);
        var gatewayBytes = await AllocationAsync(product.Process, gatewayTarget, script, seconds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bytes allocated per request: bare {bareBytes:0}, gateway {gatewayBytes:0}"));
        File.Delete(script);
        return 0;
    }

    // Apart from the other figures, since watching has a price.
    private static async Task<double> AllocationAsync(ChildProcess process, string target, string script, int seconds)
    {
        using var watch = new AllocationWatch(process);
        var measured = await MeasureAsync(process, target, script, seconds);
        return await watch.EndAsync() / measured.Requests;
    }

    private static async Task<Measurement> MeasureAsync(ChildProcess process, string target, string script, int seconds)
    {
        var cpuBefore = process.CpuTime();
        var output = await ChildProcess.RunAsync("wrk", "-t1", $"-c{Connections}", $"-d{seconds}s", "-s", script, target);
        var cpu = process.CpuTime() - cpuBefore;
        if (output.Contains("Non-2xx", StringComparison.Ordinal) || output.Contains("Socket errors", StringComparison.Ordinal))
        {
            throw new InvalidOperationException("Requests failed:\n" + output);
        }
        var requests = double.Parse(RequestCount().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        var perSecond = double.Parse(RequestRate().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        return new Measurement(requests, perSecond, cpu.TotalMicroseconds / requests);
    }

    private static void Print(string name, (Measurement Bare, Measurement Gateway) pair) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{name,6}   {pair.Bare.RequestsPerSecond,10:0}   {pair.Gateway.RequestsPerSecond,13:0}   {pair.Gateway.RequestsPerSecond / pair.Bare.RequestsPerSecond,5:0.000}   {pair.Bare.CpuMicrosecondsPerRequest,15:0.0}   {pair.Gateway.CpuMicrosecondsPerRequest,18:0.0}   {pair.Gateway.CpuMicrosecondsPerRequest / pair.Bare.CpuMicrosecondsPerRequest,5:0.000}"));

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static string WrkScript(string token) => $$"""
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
