using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>Clients that call one address for as long as they are let, over connections that they keep: one after another a JSON answer, a short stream and a long one. None tries anything twice.</summary>
internal sealed class SteadyClients(Uri address, string token) : IDisposable
{
    public const int Count = 8;

    // In the order in which each client sends them: what is asked, and what the mock provider then does.
    private static readonly (string Body, string Fault)[] Requests =
    [
        (Chat(isStream: false), """{"delayMs":30}"""),
        (Chat(isStream: true), """{"chunkDelayMs":10}"""),
        (Chat(isStream: false), """{"delayMs":300}"""),
        (Chat(isStream: true), """{"delayMs":100,"chunkDelayMs":60}"""),
    ];

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(2) };
    private int _answers; // interlocked
    private int _streams; // interlocked

    /// <summary>Requests that were answered whole.</summary>
    public int Answers => Volatile.Read(ref _answers);

    /// <summary>Those of them that were streams.</summary>
    public int Streams => Volatile.Read(ref _streams);

    /// <summary>What became of those that were not.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>Calls until told to stop; what has begun then comes to its end.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, Count).Select(number => CallAsync(number, stop)));

    public void Dispose() => _client.Dispose();

    private async Task CallAsync(int number, CancellationToken stop)
    {
        for (var turn = number; !stop.IsCancellationRequested; turn++)
        {
            var (body, fault) = Requests[turn % Requests.Length];
            try
            {
                await SendAsync(body, fault);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                Failures.Enqueue(e.Message);
            }
        }
    }

    private async Task SendAsync(string body, string fault)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, "/openai/v1/chat/completions")) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.TryAddWithoutValidation("x-mock-fault", fault);
        using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var text = (await answer.Content.ReadAsStringAsync()).TrimEnd();
        var isStream = answer.Content.Headers.ContentType?.MediaType == "text/event-stream";
        if (!answer.IsSuccessStatusCode || !text.EndsWith(isStream ? "data: [DONE]" : "}", StringComparison.Ordinal))
        {
            Failures.Enqueue($"{(int)answer.StatusCode} {text}");
            return;
        }
        Interlocked.Increment(ref _answers);
        if (isStream)
        {
            Interlocked.Increment(ref _streams);
        }
    }

    private static string Chat(bool isStream) =>
        $$"""{"model":"gpt-4o-mini","max_tokens":40,"stream":{{(isStream ? "true" : "false")}},"messages":[{"role":"user","content":"Go on. [[tokens:40]]"}]}""";
}
