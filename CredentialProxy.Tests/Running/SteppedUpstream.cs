using System.Net.Sockets;
using System.Threading.Channels;

namespace CredentialProxy.Tests.Running;

/// <summary>An upstream whose every byte the test sends itself, request by request.</summary>
internal sealed class SteppedUpstream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<SteppedCall> _calls = Channel.CreateUnbounded<SteppedCall>();
    private readonly TcpServer _server;

    public SteppedUpstream() => _server = new TcpServer(ServeAsync);

    public string Address => _server.Address;

    /// <summary>The next request that came on a new connection, its head read.</summary>
    public async Task<SteppedCall> NextAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _calls.Reader.ReadAsync(patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        while (_calls.Reader.TryRead(out var call))
        {
            call.Dispose();
        }
    }

    private async Task ServeAsync(TcpClient client, CancellationToken stop)
    {
        SteppedCall? call = null;
        try
        {
            call = await SteppedCall.ReadAsync(client, stop);
        }
        finally
        {
            if (call is null || !_calls.Writer.TryWrite(call))
            {
                client.Dispose();
            }
        }
    }
}
