using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using CredentialProxy.Benchmarks.Throughput;
using CredentialProxy.MockProvider;

namespace CredentialProxy.Benchmarks.Streams;

/// <summary>
/// What the gateway adds to the time to the first SSE byte, and the memory that an open idle stream holds, at 2,000 of them.
/// </summary>
internal static class StreamMeasurements
{
    private const int MockPort = 18595;
    private const int GatewayPort = 18596;
    private const int ControlPort = 18597;
    private const int Rounds = 400;
    private const int OpenStreams = 2000;

    public static async Task<int> RunAsync()
    {
        await using var mock = MockProviderApp.Create(new MockProviderOptions { Port = MockPort });
        await mock.StartAsync();
        var upstream = new Uri($"http://127.0.0.1:{MockPort}");
        using var product = await Product.StartAsync(upstream.ToString().TrimEnd('/'), GatewayPort, ControlPort);
        var token = await product.MintAsync();
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = OpenStreams + 10 }) { Timeout = TimeSpan.FromMinutes(10) };

        var direct = new List<double>();
        var through = new List<double>();
        for (var i = 0; i < Rounds; i++)
        {
            direct.Add(await FirstByteMillisecondsAsync(client, upstream, "sk-direct"));
            through.Add(await FirstByteMillisecondsAsync(client, product.Gateway, token));
        }
        var (directMedian, throughMedian) = (Median(direct.Skip(Rounds / 4)), Median(through.Skip(Rounds / 4)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"first SSE byte: direct {directMedian:0.000} ms, through the gateway {throughMedian:0.000} ms, added {throughMedian - directMedian:0.000} ms (medians of {Rounds * 3 / 4})"));

        var before = product.Process.ResidentBytes();
        var streams = new List<HttpResponseMessage>();
        for (var i = 0; i < OpenStreams; i++)
        {
            streams.Add(await OpenIdleStreamAsync(client, product.Gateway, token));
        }
        await Task.Delay(TimeSpan.FromSeconds(2));
        var after = product.Process.ResidentBytes();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"memory: {before / 1024 / 1024} MiB before, {after / 1024 / 1024} MiB with {OpenStreams} open idle streams: {(after - before) / 1024.0 / OpenStreams:0.0} KiB a stream"));
        streams.ForEach(stream => stream.Dispose());
        return 0;
    }

    private static async Task<double> FirstByteMillisecondsAsync(HttpClient client, Uri server, string key)
    {
        using var request = Request(server, key);
        var start = Stopwatch.GetTimestamp();
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        await using var body = await answer.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[1]);
        var elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        await body.CopyToAsync(Stream.Null);
        return elapsed;
    }

    private static async Task<HttpResponseMessage> OpenIdleStreamAsync(HttpClient client, Uri server, string key)
    {
        using var request = Request(server, key);
        request.Headers.TryAddWithoutValidation("x-mock-fault", """{"chunkDelayMs":600000}""");
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        return answer;
    }

    private static HttpRequestMessage Request(Uri server, string key) => new(HttpMethod.Post, new Uri(server, "/v1/chat/completions"))
    {
        Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
        Content = new StringContent("""{"model":"gpt-4o-mini","stream":true,"max_tokens":64,"messages":[{"role":"user","content":"Hello"}]}""", Encoding.UTF8, "application/json"),
    };

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
