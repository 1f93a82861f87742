using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CredentialProxy.Tests.Faults;

/// <summary>Clients that send one chat completion after another, until the gateway is gone, and note what they got whole.</summary>
internal sealed class KillLoad(Uri gateway) : IDisposable
{
    /// <summary>Output tokens that each request allows.</summary>
    public const int MaxTokens = 64;

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 1_000 });
    private readonly ConcurrentQueue<(string RequestId, long At)> _completed = new();
    private readonly ConcurrentDictionary<HttpStatusCode, int> _statuses = new();
    private readonly List<Task> _running = [];
    private readonly List<HttpResponseMessage> _held = [];

    /// <summary>Ids of the answers whose last byte came, and when.</summary>
    public IReadOnlyCollection<(string RequestId, long At)> Completed => _completed;

    /// <summary>How often each status came.</summary>
    public IReadOnlyDictionary<HttpStatusCode, int> Statuses => _statuses;

    /// <summary>Starts a client.</summary>
    public void Add(TokenUnderLoad token, bool isStream) => _running.Add(Task.Run(() => RunAsync(token, isStream)));

    /// <summary>Waits until all clients have noticed that the gateway is gone.</summary>
    public Task EndAsync() => Task.WhenAll(_running);

    /// <summary>Sends a chat completion.</summary>
    /// <param name="token">The token, which says the model and the provider.</param>
    /// <param name="isStream">Whether as events; then only the answer's headers are waited for.</param>
    /// <param name="fault">What the mock is told to do.</param>
    /// <param name="outputTokens">How much it is told to produce.</param>
    public async Task<HttpResponseMessage> SendAsync(TokenUnderLoad token, bool isStream, string fault, int outputTokens = 16)
    {
        var body = new JsonObject
        {
            ["model"] = token.Model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = $"Hello [[tokens:{outputTokens}]]" }),
            ["max_tokens"] = Math.Max(MaxTokens, outputTokens),
            ["stream"] = isStream,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway, $"/{token.Provider}/v1/chat/completions")) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Token);
        request.Headers.TryAddWithoutValidation("x-mock-fault", fault);
        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Opens a stream that says nothing more, and keeps it open.</summary>
    public async Task<HttpResponseMessage> HoldAsync(TokenUnderLoad token)
    {
        var answer = await SendAsync(token, isStream: true, """{"chunkDelayMs":600000}""");
        _held.Add(answer);
        return answer;
    }

    public void Dispose()
    {
        foreach (var answer in _held)
            answer.Dispose();
        _client.Dispose();
    }

    private async Task RunAsync(TokenUnderLoad token, bool isStream)
    {
        var fault = isStream ? """{"chunkDelayMs":2}""" : """{"delayMs":20}""";
        try
        {
            while (true)
            {
                using var answer = await SendAsync(token, isStream, fault);
                await answer.Content.ReadAsByteArrayAsync();
                var at = Stopwatch.GetTimestamp();
                _statuses.AddOrUpdate(answer.StatusCode, 1, (_, count) => count + 1);
                if (answer.StatusCode == HttpStatusCode.OK)
                    _completed.Enqueue((answer.Headers.GetValues("x-credential-proxy-request-id").Single(), at));
                else
                    await Task.Delay(20);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The gateway has been killed.
        }
    }
}
