using System.Net.Sockets;
using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>A client's connection on which a test writes the very bytes that it means.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient _client = new();
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(20));
    private NetworkStream _stream = null!;
    private WireReader _reader = null!;

    public static async Task<RawConnection> OpenAsync(Uri address)
    {
        var connection = new RawConnection();
        await connection._client.ConnectAsync(address.Host, address.Port, connection._patience.Token);
        connection._client.NoDelay = true;
        connection._stream = connection._client.GetStream();
        connection._reader = new WireReader(connection._stream, connection._patience.Token);
        return connection;
    }

    /// <summary>Opens, sends, and reads one answer.</summary>
    public static async Task<string> AskAsync(Uri address, string request)
    {
        using var connection = await OpenAsync(address);
        await connection.SendAsync(request);
        return await connection.AnswerAsync() ?? "";
    }

    /// <summary>Sends text, each character a byte.</summary>
    public async Task SendAsync(string text)
    {
        try
        {
            await _stream.WriteAsync(Encoding.Latin1.GetBytes(text), _patience.Token);
        }
        catch (IOException)
        {
            // Refused while it was still being sent: the answer, or its absence, tells.
        }
    }

    /// <summary>The next answer, interim ones passed over; null where the connection has ended.</summary>
    public async Task<string?> AnswerAsync()
    {
        try
        {
            while (true)
            {
                var answer = await _reader.ReadMessageAsync();
                if (answer is null || !answer.StartsWith("HTTP/1.1 100", StringComparison.Ordinal))
                {
                    return answer;
                }
            }
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>All that still comes until the gateway ends the connection.</summary>
    public async Task<string> RestAsync()
    {
        try
        {
            return await _reader.ReadToEndAsync();
        }
        catch (IOException)
        {
            return "";
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _patience.Dispose();
    }
}
