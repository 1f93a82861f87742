using System.Collections.Concurrent;

namespace CredentialProxy.Gateway.Connections;

/// <summary>
/// The answers of one HTTP/2 connection that have not wholly left. Kestrel tells nobody when the last frame of an answer goes out: it calls an answer complete
/// while its bytes still wait for the client's window. Entered and awaited by the request, ended by what the connection writes.
/// </summary>
internal sealed class Http2Answers
{
    // Of at most the connection's requests at a time: each leaves when it ends, however it ends.
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _open = new();

    /// <summary>Enters an answer; must be left by <see cref="Leave"/>.</summary>
    /// <returns>What is complete once the answer's last frame has gone out.</returns>
    public Task Enter(int streamId)
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[streamId] = end;
        return end.Task;
    }

    /// <summary>Leaves.</summary>
    public void Leave(int streamId) => _open.TryRemove(streamId, out _);

    /// <summary>The last frame of a stream has gone out.</summary>
    public void OnEnd(int streamId)
    {
        if (_open.TryGetValue(streamId, out var end))
        {
            end.TrySetResult();
        }
    }
}
