using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace CredentialProxy.Benchmarks.Neighbours;

/// <summary>Sends the same request over HTTP/2, so many times a second, whether those before have been answered or not.</summary>
internal sealed class Http2Flood(Uri address, string token, string body, int perSecond) : IFlood
{
    private readonly ConcurrentDictionary<int, int> _byStatus = new();

    /// <inheritdoc/>
    public int Answers => _byStatus.Values.Sum();

    /// <inheritdoc/>
    public int AnswersOf(int status) => _byStatus.GetValueOrDefault(status);

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken stop)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var start = Stopwatch.GetTimestamp();
        var open = new List<Task>();
        for (var sent = 0; !stop.IsCancellationRequested; sent++)
        {
            var due = TimeSpan.FromSeconds((double)sent / perSecond) - Stopwatch.GetElapsedTime(start);
            if (due > TimeSpan.Zero)
            {
                await Task.Delay(due, CancellationToken.None);
            }
            open.Add(SendAsync(client, stop));
        }
        await Task.WhenAll(open);
    }

    private async Task SendAsync(HttpClient client, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
        };
        try
        {
            using var answer = await client.SendAsync(request, stop);
            _byStatus.AddOrUpdate((int)answer.StatusCode, 1, static (_, count) => count + 1);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            // Stopped, or the server has had enough of the connection.
        }
    }
}
