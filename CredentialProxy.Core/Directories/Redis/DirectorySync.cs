using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Tokens;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CredentialProxy.Core.Directories.Redis;

/// <summary>
/// Keeps what a gateway knows in step with the directory in Redis. Announcements only wake it; what has changed it reads from the log, which it also does at an interval. So a lost
/// announcement costs no more than the interval, and a gap in the log is seen. One task does all of it.
/// </summary>
internal sealed class DirectorySync(
    IConnectionMultiplexer connection, DirectoryKeys keys, DirectoryMemory memory, TokenCache cache, RedisDirectoryOptions options, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>Entries read in one go.</summary>
    private const int MaxEntries = 200;

    private static readonly DirectoryKind[] HeldWhole = [DirectoryKind.Key, DirectoryKind.SigningKey, DirectoryKind.Project, DirectoryKind.Credential, DirectoryKind.Revocation, DirectoryKind.Price];

    private readonly DirectoryTroubles _troubles = new(time, logger);
    private readonly IDatabase _database = connection.GetDatabase();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly SemaphoreSlim _wake = new(0, 1);
    private Task _running = Task.CompletedTask;
    private string _mark = ""; // guarded by _turn
    private bool _isMissing; // guarded by _turn
    private long _last; // the log's entry that was read last; guarded by _turn
    private bool _isSubscribed; // the task's
    private long _followedAt; // the task's

    /// <summary>Told of every change once it is visible.</summary>
    public required Action<DirectoryChange> Announce { get; init; }

    public bool IsLoaded { get; private set; }

    public TimeSpan Silence => _troubles.Silence;

    public void Start() => _running = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Wake();
        await _running;
        await UnsubscribeAsync();
        _stop.Dispose();
    }

    /// <summary>Reads what has changed by now.</summary>
    /// <exception cref="DirectoryUnavailableException">Redis does not answer.</exception>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await CatchUpAsync();
        }
        catch (Exception e) when (RedisFailures.IsUnavailable(e))
        {
            throw new DirectoryUnavailableException("The directory in Redis can't be read.", e);
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already, and will look once more.
        }
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await SubscribeAsync();
                await CatchUpAsync(_stop.Token);
                FollowReferences();
                _troubles.Note(_isMissing ? DirectoryTrouble.Missing : DirectoryTrouble.None);
            }
            catch (DirectoryUnavailableException e)
            {
                _troubles.Note(DirectoryTrouble.Unreachable, e.InnerException);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A fault of ours: what is known may be wrong, and a gateway that heard of no revocation any more would be worse.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _troubles.Note(DirectoryTrouble.Failed, e);
                await ForgetAsync();
            }
            await PauseAsync();
        }
    }

    private async Task PauseAsync()
    {
        using var end = new CancellationTokenSource(options.ResyncInterval, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, _stop.Token);
        await _wake.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task SubscribeAsync()
    {
        if (_isSubscribed)
        {
            return;
        }
        try
        {
            // The client renews it with every connection.
            await connection.GetSubscriber().SubscribeAsync(keys.Channel, OnAnnounced);
            _isSubscribed = true;
        }
        catch (Exception e) when (RedisFailures.IsUnavailable(e))
        {
            throw new DirectoryUnavailableException("The directory in Redis can't be reached.", e);
        }
    }

    // The connection outlives us, and would go on calling.
    private async Task UnsubscribeAsync()
    {
        if (!_isSubscribed)
        {
            return;
        }
        try
        {
            await connection.GetSubscriber().UnsubscribeAsync(keys.Channel, OnAnnounced);
        }
        catch (Exception e) when (RedisFailures.IsUnavailable(e))
        {
            // The client has forgotten it all the same, and Redis does with the connection.
        }
    }

    private void OnAnnounced(RedisChannel channel, RedisValue message) => Wake();

    private async Task ForgetAsync()
    {
        await _turn.WaitAsync(CancellationToken.None);
        _mark = "";
        _turn.Release();
    }

    private async Task CatchUpAsync()
    {
        while (true)
        {
            var reply = await DirectoryScripts.Changes.RunAsync(_database, [keys.Mark, keys.Sequence, keys.Changes], [_last, MaxEntries]);
            _troubles.Answered();
            var (mark, last, entries) = (reply[1], long.Parse(reply[2], System.Globalization.CultureInfo.InvariantCulture), (reply.Length - 3) / 2);
            _isMissing = mark.Length == 0;
            if (_isMissing)
            {
                // Nothing to read; what was known goes on to hold until there is.
                return;
            }
            if (mark != _mark || (entries == 0 ? last != _last : NumberOf(reply[3]) != _last + 1))
            {
                await LoadAsync();
                (_mark, _last) = (mark, last);
                continue;
            }
            if (entries == 0)
            {
                return;
            }
            await ApplyAsync([.. Enumerable.Range(0, entries).Select(entry => reply[4 + (2 * entry)])]);
            _last = NumberOf(reply[^2]);
        }
    }

    private static long NumberOf(string entry) => long.Parse(entry.AsSpan(0, entry.IndexOf('-', StringComparison.Ordinal)), System.Globalization.CultureInfo.InvariantCulture);

    private async Task ApplyAsync(string[] entries)
    {
        var notices = entries.SelectMany(entry => DirectoryNotice.Read(entry) ?? throw new FormatException("The log of the directory holds an entry that can't be read.")).ToList();
        foreach (var group in notices.Where(notice => HeldWhole.Contains(notice.Kind)).GroupBy(notice => notice.Kind).OrderBy(group => group.Key))
        {
            string[] ids = [.. group.Select(notice => notice.Id).Distinct()];
            var documents = await _database.HashGetAsync(keys.Of(group.Key), [.. ids.Select(id => (RedisValue)id)]);
            for (var i = 0; i < ids.Length; i++)
            {
                memory.Put(group.Key, ids[i], documents[i]);
            }
        }
        Open();
        cache.Change(notices.SelectMany(KeysOf));
        foreach (var notice in notices.Where(notice => notice.Kind is DirectoryKind.Token or DirectoryKind.Revocation).DistinctBy(notice => (notice.Id, notice.HasEnded)))
        {
            Announce(new DirectoryChange(notice.Id, notice.HasEnded || (notice.Kind == DirectoryKind.Revocation && memory.IsRevoked(notice.Id))));
        }
        if (notices.Any(notice => HeldWhole.Contains(notice.Kind) && notice.Kind != DirectoryKind.Revocation))
        {
            Announce(new DirectoryChange(null));
        }
    }

    // Told at once: should what follows fail, the next attempt sees no difference any more.
    private void Open()
    {
        var before = memory.SigningKeys;
        memory.Open();
        foreach (var id in before.EndedIn(memory.SigningKeys))
        {
            Announce(new DirectoryChange(null, EndedKeyId: id));
        }
    }

    private static IEnumerable<TokenKey> KeysOf(DirectoryNotice notice) => notice.Kind switch
    {
        DirectoryKind.Token => [TokenKey.Of(notice.Id), .. KeysOf(notice.Hash)],
        DirectoryKind.TokenHash => KeysOf(notice.Id),
        _ => [],
    };

    private static TokenKey[] KeysOf(string? hash) => TokenHash.TryParse(hash, out var known) ? [TokenKey.Of(known)] : [];

    // What changes meanwhile is told by entries after the one that was last when this began, and read again then.
    private async Task LoadAsync()
    {
        foreach (var kind in HeldWhole)
        {
            var ids = new HashSet<string>(StringComparer.Ordinal);
            await foreach (var entry in _database.HashScanAsync(keys.Of(kind), pageSize: DirectoryProjection.MaxEdits))
            {
                ids.Add(entry.Name!);
                memory.Put(kind, entry.Name!, entry.Value);
            }
            memory.Retain(kind, ids);
        }
        Open();
        var ended = await FindChangedAsync();
        cache.Change(ended.Keys, forgetsUnknown: true);
        IsLoaded = true;
        DirectoryLog.Loaded(logger, memory.ProjectCount, memory.CredentialCount, memory.RevocationCount, memory.KeyCount, memory.PriceCount);
        foreach (var tokenId in ended.Values.OfType<string>().Distinct())
        {
            Announce(new DirectoryChange(tokenId, HasEnded: true));
        }
        Announce(new DirectoryChange(null));
    }

    /// <summary>Tokens in memory that are no longer what they are there, and of those that have ended the id.</summary>
    private async Task<Dictionary<TokenKey, string?>> FindChangedAsync()
    {
        var changed = new Dictionary<TokenKey, string?>();
        foreach (var page in cache.All.Chunk(DirectoryProjection.MaxEdits))
        {
            var documents = await _database.HashGetAsync(keys.Of(DirectoryKind.Token), [.. page.Select(entry => (RedisValue)entry.Value.Row.Id)]);
            for (var i = 0; i < page.Length; i++)
            {
                var (row, document) = (page[i].Value.Row, (string?)documents[i]);
                if (document != DirectoryDocuments.Write(row))
                {
                    changed[page[i].Key] = document is null || DirectoryDocuments.HasEnded(DirectoryDocuments.ReadToken(document)) ? row.Id : null;
                }
            }
        }
        return changed;
    }

    private void FollowReferences()
    {
        if (!IsLoaded || time.GetElapsedTime(_followedAt) < options.ReferenceInterval)
        {
            return;
        }
        _followedAt = time.GetTimestamp();
        if (memory.FollowReferences())
        {
            cache.Change([]);
            Announce(new DirectoryChange(null));
        }
    }
}
