using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace CredentialProxy.Benchmarks.Neighbours;

/// <summary>Sends the same request over several connections, so many times a second in all, and counts the answers by status. As cheap for the machine as it can be.</summary>
internal sealed class Flood(Uri server, Func<int, string> request, int connections, int perSecond) : IFlood
{
    private readonly int[] _byStatus = new int[600];

    /// <inheritdoc/>
    public int Answers => _byStatus.Sum();

    /// <inheritdoc/>
    public int AnswersOf(int status) => _byStatus[status];

    /// <inheritdoc/>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, connections).Select(i => RunConnectionAsync(i, stop)));

    private async Task RunConnectionAsync(int index, CancellationToken stop)
    {
        var buffer = new byte[64 * 1024];
        var start = Stopwatch.GetTimestamp();
        var sent = 0;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var client = new TcpClient { NoDelay = true };
                await client.ConnectAsync(server.Host, server.Port, stop);
                var stream = client.GetStream();
                while (!stop.IsCancellationRequested)
                {
                    var due = TimeSpan.FromSeconds((double)sent * connections / perSecond) - Stopwatch.GetElapsedTime(start);
                    if (due > TimeSpan.Zero)
                    {
                        await Task.Delay(due, stop);
                    }
                    await stream.WriteAsync(Encoding.Latin1.GetBytes(request((sent++ * connections) + index)), stop);
                    if (await ReadStatusAsync(stream, buffer, stop) is not { } status)
                    {
                        break;
                    }
                    Interlocked.Increment(ref _byStatus[status]);
                }
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // Stopped, or the server has ended the connection: another one.
            }
        }
    }

    private static async Task<int?> ReadStatusAsync(NetworkStream stream, byte[] buffer, CancellationToken stop)
    {
        var length = 0;
        while (true)
        {
            var count = await stream.ReadAsync(buffer.AsMemory(length), stop);
            if (count == 0)
            {
                return null;
            }
            length += count;
            var text = Encoding.Latin1.GetString(buffer, 0, length);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
            {
                continue;
            }
            var at = text.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
            var body = at < 0 ? 0 : int.Parse(text.AsSpan(at + 16, text.IndexOf('\r', at) - at - 16));
            if (length >= end + 4 + body)
            {
                return int.Parse(text.AsSpan(9, 3));
            }
        }
    }
}
