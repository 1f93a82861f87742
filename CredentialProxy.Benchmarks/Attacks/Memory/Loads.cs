using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Benchmarks.Throughput;

namespace CredentialProxy.Benchmarks.Attacks.Memory;

/// <summary>What is put upon the gateway while its memory is watched. Each lasts until the most of it has been seen.</summary>
internal sealed class Loads(Product product, HttpClient client)
{
    private const int WarmUps = 2000;
    private const int WarmUpsAtATime = 32;
    private const int Megabyte = 1_000_000;
    private static readonly TimeSpan SteadyFor = TimeSpan.FromSeconds(3);
    private string _token = "";

    /// <summary>Until nothing that is made once, or that garbage collection lets grow at first, is counted for what comes after.</summary>
    public async Task WarmUpAsync()
    {
        (_, _token) = await product.MintWithAsync(["files"]);
        await Task.WhenAll(Enumerable.Range(0, WarmUpsAtATime).Select(async _ =>
        {
            for (var i = 0; i < WarmUps / WarmUpsAtATime; i++)
            {
                using var request = Chat(isStream: i % 2 == 0, fault: "{}");
                using var answer = await client.SendAsync(request);
                answer.EnsureSuccessStatusCode();
            }
        }));
        await Task.Delay(SteadyFor);
    }

    public async Task UploadAsync(int megabytes)
    {
        using var answer = await SendFileAsync((long)megabytes * Megabyte);
    }

    public async Task DownloadAsync(int megabytes)
    {
        using var uploaded = await SendFileAsync(1);
        var id = (string)(await uploaded.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(product.Gateway, $"/v1/files/{id}/content"));
        await ReadAllAsync(Authorized(request, $$"""{"hugeBytes":{{megabytes * Megabyte}}}"""), megabytes);
    }

    /// <summary>One event, of a stream that the meter reads and from which the usage is left out.</summary>
    public async Task HugeEventAsync(int megabytes)
    {
        using var request = Chat(isStream: true, $$"""{"hugeBytes":{{megabytes * Megabyte}}}""");
        await ReadAllAsync(request, megabytes);
    }

    /// <summary>Streams of which each has said a word and is silent.</summary>
    public async Task OpenStreamsAsync(int count)
    {
        var streams = await RawStream.OpenAsync(count, product.Gateway, RawChat("""{"chunkDelayMs":600000}""", 16), receiveBufferBytes: null, readsHead: true);
        await Task.Delay(SteadyFor);
        streams.ForEach(stream => stream.Dispose());
    }

    /// <summary>Streams that say far more than all the buffers on the way take in, to clients that read nothing.</summary>
    public async Task SlowReadersAsync(int count)
    {
        var streams = await RawStream.OpenAsync(count, product.Gateway, RawChat("""{"hugeBytes":200000}""", 100_000), receiveBufferBytes: 4096, readsHead: false);
        for (var before = TimeSpan.Zero; ;)
        {
            await Task.Delay(SteadyFor);
            var cpu = product.Process.CpuTime();
            if (cpu - before < SteadyFor / 20)
            {
                break;
            }
            before = cpu;
        }
        streams.ForEach(stream => stream.Dispose());
    }

    private async Task<HttpResponseMessage> SendFileAsync(long bytes)
    {
        using var form = new MultipartFormDataContent { { new PatternContent(bytes), "file", "batch.jsonl" }, { new StringContent("batch"), "purpose" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(product.Gateway, "/v1/files")) { Content = form };
        var answer = await client.SendAsync(Authorized(request, fault: null));
        answer.EnsureSuccessStatusCode();
        return answer;
    }

    private async Task ReadAllAsync(HttpRequestMessage request, int atLeastMegabytes)
    {
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        await using var body = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[64 * 1024];
        long length = 0;
        int count;
        while ((count = await body.ReadAsync(buffer)) > 0)
        {
            length += count;
        }
        if (length < (long)atLeastMegabytes * Megabyte)
        {
            throw new InvalidOperationException($"Only {length} bytes came.");
        }
    }

    private static string Body(bool isStream, int maxTokens) =>
        $$"""{"model":"gpt-4o-mini","stream":{{(isStream ? "true" : "false")}},"max_tokens":{{maxTokens}},"messages":[{"role":"user","content":"Hello"}]}""";

    private HttpRequestMessage Chat(bool isStream, string fault) => Authorized(
        new HttpRequestMessage(HttpMethod.Post, new Uri(product.Gateway, "/v1/chat/completions")) { Content = new StringContent(Body(isStream, 16), Encoding.UTF8, "application/json") }, fault);

    private HttpRequestMessage Authorized(HttpRequestMessage request, string? fault)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        if (fault is not null)
        {
            request.Headers.TryAddWithoutValidation("x-mock-fault", fault);
        }
        return request;
    }

    private string RawChat(string fault, int outputTokens)
    {
        var body = Body(isStream: true, outputTokens);
        return string.Create(CultureInfo.InvariantCulture,
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {_token}\r\nContent-Type: application/json\r\nx-mock-fault: {fault}\r\nx-mock-output-tokens: {outputTokens}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }
}
