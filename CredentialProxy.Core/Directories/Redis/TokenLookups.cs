using System.Threading.Channels;
using CredentialProxy.Core.Limits.Redis;
using StackExchange.Redis;

namespace CredentialProxy.Core.Directories.Redis;

/// <summary>
/// Looks tokens up in Redis: all that wait are looked up together, and there is one call at a time. So a flood of unknown tokens is no flood of reads; it waits, and what there is no room for
/// is told to try again.
/// </summary>
internal sealed class TokenLookups : IAsyncDisposable
{
    /// <summary>Most tokens in one call: well below a millisecond of Redis' time.</summary>
    private const int MaxTogether = 250;

    private readonly IDatabase _database;
    private readonly RedisKey[] _keys;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly Channel<Lookup> _waiting;
    private readonly Task _looking;
    private long _calls;

    public TokenLookups(IDatabase database, DirectoryKeys keys, RedisDirectoryOptions options, TimeProvider time)
    {
        _database = database;
        _keys = [keys.Mark, keys.Of(DirectoryKind.TokenHash), keys.Of(DirectoryKind.Token)];
        _timeout = options.LookupTimeout;
        _time = time;
        _waiting = Channel.CreateBounded<Lookup>(new BoundedChannelOptions(options.MaxWaitingLookups) { SingleReader = true });
        _looking = Task.Run(LookAsync);
    }

    /// <summary>Calls made so far.</summary>
    public long Calls => Volatile.Read(ref _calls);

    /// <summary>The document of a token; null when there is no such token.</summary>
    /// <exception cref="DirectoryUnavailableException">That can't be found out at the moment.</exception>
    public async Task<string?> FindAsync(TokenKey key, CancellationToken cancellationToken)
    {
        var lookup = new Lookup(key);
        if (!_waiting.Writer.TryWrite(lookup))
        {
            throw new DirectoryUnavailableException("Too many tokens are waiting to be looked up.");
        }
        try
        {
            return await lookup.Found.Task.WaitAsync(_timeout, _time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new DirectoryUnavailableException("The directory in Redis does not answer in time.", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _looking;
    }

    private async Task LookAsync()
    {
        var together = new List<Lookup>(MaxTogether);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (together.Count < MaxTogether && _waiting.Reader.TryRead(out var lookup))
            {
                together.Add(lookup);
            }
            await LookAsync(together);
            together.Clear();
        }
    }

    private async Task LookAsync(List<Lookup> together)
    {
        try
        {
            Interlocked.Increment(ref _calls);
            var values = together.SelectMany(lookup => lookup.Key.Id is { } id ? [(RedisValue)"i", id] : new RedisValue[] { "h", lookup.Key.Hash.ToString() }).ToArray();
            var reply = await DirectoryScripts.Find.RunAsync(_database, _keys, values);
            if (reply[0] != "done")
            {
                throw new DirectoryUnavailableException("There is no directory in Redis at the moment.");
            }
            for (var i = 0; i < together.Count; i++)
            {
                together[i].Found.TrySetResult(reply[i + 1].Length == 0 ? null : reply[i + 1]);
            }
        }
#pragma warning disable CA1031 // Whatever it is, those who wait must hear of it and the others be looked up.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var failure = e as DirectoryUnavailableException
                ?? (RedisFailures.IsUnavailable(e) ? new DirectoryUnavailableException("The directory in Redis can't be read.", e) : e);
            together.ForEach(lookup => lookup.Found.TrySetException(failure));
        }
    }

    private sealed class Lookup(TokenKey key)
    {
        public TokenKey Key => key;

        public TaskCompletionSource<string?> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
