using System.Net.Sockets;
using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>Stands in front of a server and breaks when it is told to: at once and for a while, or between a request and its answer.</summary>
internal sealed class BreakableLine : IAsyncDisposable
{
    private volatile int _port;
    private readonly TcpServer _relay;
    private readonly Lock _lock = new();
    private readonly List<TcpClient> _clients = []; // guarded by _lock
    private readonly MemoryStream _kept = new(); // guarded by _lock
    private volatile string? _breakAfter;
    private volatile bool _keepsRequest;
    private volatile bool _staysBroken;
    private volatile bool _isCut;
    private int _broken; // interlocked

    public BreakableLine(int port)
    {
        _port = port;
        _relay = new TcpServer(RelayAsync);
    }

    public string Address => _relay.Authority;

    /// <summary>How often it has broken between a request and its answer.</summary>
    public int Broken => Volatile.Read(ref _broken);

    /// <summary>Has new connections go to another server.</summary>
    public void LeadTo(int port) => _port = port;

    /// <summary>Breaks when the next request that holds a text has reached the server, before its answer comes back; on demand, it stays broken until <see cref="Mend"/>.</summary>
    public void LoseAnswerTo(string text, bool staysBroken = false)
    {
        _keepsRequest = false;
        _staysBroken = staysBroken;
        _breakAfter = text;
    }

    /// <summary>Breaks when the next request that holds a text has been sent, and keeps it from the server until <see cref="DeliverAsync"/>.</summary>
    public void HoldUp(string text)
    {
        _keepsRequest = true;
        _breakAfter = text;
    }

    /// <summary>Hands the server what was kept from it, as a network may that has lost its sender.</summary>
    public async Task DeliverAsync(string firstCommands)
    {
        byte[] kept;
        lock (_lock)
            kept = _kept.ToArray();
        using var server = new TcpClient();
        await server.ConnectAsync("127.0.0.1", _port);
        var stream = server.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(firstCommands));
        await stream.WriteAsync(kept);
        // Its answer: it has been done when this is there.
        await stream.ReadAtLeastAsync(new byte[64 * 1024], 8, throwOnEndOfStream: false);
        await Task.Delay(100);
    }

    /// <summary>Breaks, and stays broken until <see cref="Mend"/>.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _isCut = true;
            foreach (var client in _clients)
                client.Dispose();
            _clients.Clear();
        }
    }

    public void Mend() => _isCut = false;

    public ValueTask DisposeAsync() => _relay.DisposeAsync();

    private async Task RelayAsync(TcpClient client, CancellationToken stop)
    {
        using (client)
        {
            if (_isCut)
                return;
            using var server = new TcpClient { NoDelay = true };
            await server.ConnectAsync("127.0.0.1", _port, stop);
            lock (_lock)
            {
                // It may have been cut while this one was on its way.
                if (_isCut)
                    return;
                _clients.Add(client);
            }
            var isLost = new StrongBox();
            // Not GetStream, which takes one that has gone by now, or a server that was killed, for a bug.
            await using var stream = new NetworkStream(client.Client, ownsSocket: false);
            await using var answers = new NetworkStream(server.Client, ownsSocket: false);
            await Task.WhenAny(SendAsync(stream, answers, isLost, stop), AnswerAsync(answers, stream, isLost, stop));
        }
    }

    private async Task SendAsync(NetworkStream client, NetworkStream server, StrongBox isLost, CancellationToken stop)
    {
        var buffer = new byte[256 * 1024];
        int count;
        while ((count = await client.ReadAsync(buffer, stop)) > 0)
        {
            if (_breakAfter is { } text && buffer.AsSpan(0, count).IndexOf(Encoding.UTF8.GetBytes(text)) >= 0)
            {
                _breakAfter = null;
                if (_keepsRequest)
                {
                    lock (_lock)
                        _kept.Write(buffer, 0, count);
                    Interlocked.Increment(ref _broken);
                    return;
                }
                isLost.Value = true;
            }
            await server.WriteAsync(buffer.AsMemory(0, count), stop);
        }
    }

    private async Task AnswerAsync(NetworkStream server, NetworkStream client, StrongBox isLost, CancellationToken stop)
    {
        var buffer = new byte[256 * 1024];
        int count;
        while ((count = await server.ReadAsync(buffer, stop)) > 0)
        {
            if (isLost.Value)
            {
                // Before anybody can know of it: who has lost an answer comes again at once.
                if (_staysBroken)
                    Cut();
                Interlocked.Increment(ref _broken);
                return;
            }
            await client.WriteAsync(buffer.AsMemory(0, count), stop);
        }
    }

    private sealed class StrongBox
    {
        public volatile bool Value;
    }
}
