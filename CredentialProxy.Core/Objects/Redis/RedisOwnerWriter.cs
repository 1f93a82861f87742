using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CredentialProxy.Core.Objects.Redis;

/// <summary>
/// Writes changes of owners to Redis, one call at a time, and looks every second whether Redis still has them. What can't be written is kept and written later, while whoever waits is told so at once.
/// </summary>
internal sealed class RedisOwnerWriter : IAsyncDisposable
{
    /// <summary>Changes that may wait; each is that of a request whose answer waits for it.</summary>
    private const int MostWaiting = 1024;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly IConnectionMultiplexer _connection;
    private readonly ObjectOwnersOptions _options;
    private readonly ILogger _logger;
    private readonly Channel<WaitingChange> _waiting = Channel.CreateBounded<WaitingChange>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly KeptChanges _kept;
    private readonly OwnersMeters _meters;
    private readonly ITimer _clock;
    private readonly Task _writing;

    // Of the one task that writes.
    private readonly List<WaitingChange> _callers = [];
    private long _last;
    private bool _hasFailed;
    private bool _isDropping;

    public RedisOwnerWriter(IConnectionMultiplexer connection, ObjectKeys keys, string instance, ObjectOwnersOptions options, bool beginsEmpty, TimeProvider time, ILogger logger)
    {
        (_connection, _options, _logger) = (connection, options, logger);
        _kept = new KeptChanges(options.MaxKeptChanges);
        _meters = new OwnersMeters(() => _kept.Count);
        var database = connection.GetDatabase();
        Link = new OwnerLink(database, keys, new OwnerStates(database, keys), _kept, instance, options, beginsEmpty, time)
        {
            OnLost = epoch => OwnersLog.Lost(logger, epoch),
            OnSaidAgain = (changes, epoch) => OwnersLog.SaidAgain(logger, changes, epoch),
        };
        _clock = time.CreateTimer(_ => Look(), null, LookEvery, Timeout.InfiniteTimeSpan);
        _writing = Task.Run(WriteAsync);
        // A Redis that was restarted, or another in its place, is looked at at once.
        connection.ConnectionRestored += OnRestored;
    }

    /// <summary>What is known of Redis.</summary>
    public OwnerLink Link { get; }

    /// <summary>How many changes are kept until Postgres has them.</summary>
    public int KeptCount => _kept.Count;

    /// <summary>Writes; when it completes, Redis has it.</summary>
    /// <exception cref="ObjectOwnersUnavailableException">Redis can't take it now. It is written later.</exception>
    public async ValueTask WriteAsync(WaitingChange change, CancellationToken cancellationToken)
    {
        try
        {
            await _waiting.Writer.WriteAsync(change, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new ObjectOwnersUnavailableException("The process is stopping.", e);
        }
        await change.Done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Writes what waits, once.</summary>
    public async ValueTask DisposeAsync()
    {
        _connection.ConnectionRestored -= OnRestored;
        await _clock.DisposeAsync();
        _waiting.Writer.TryComplete();
        await _writing;
        if (_kept.UnsentCount is > 0 and var left)
        {
            OwnersLog.Abandoned(_logger, left);
        }
        _meters.Dispose();
    }

    private void OnRestored(object? sender, ConnectionFailedEventArgs restored) => Look();

    // Where so much waits that there is no room, it is looked at anyway.
    private void Look() => _waiting.Writer.TryWrite(WaitingChange.Look());

    private async Task WriteAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (_callers.Count < MostWaiting && _waiting.Reader.TryRead(out var change))
            {
                _callers.Add(change);
                Number(change);
            }
            try
            {
                await Link.BringAsync(OnTaken);
                Note(null);
                _callers.ForEach(caller => caller.Done.TrySetResult());
            }
#pragma warning disable CA1031 // Whatever it is, those who wait must hear of it and the writer must live on.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Note(e);
                _callers.ForEach(caller => caller.Done.TrySetException(e as ObjectOwnersUnavailableException ?? new ObjectOwnersUnavailableException("Who made which object can't be read or written in Redis.", e)));
            }
            _callers.Clear();
            _clock.Change(LookEvery, Timeout.InfiniteTimeSpan);
        }
    }

    private void Number(WaitingChange change)
    {
        var dropped = 0;
        foreach (var row in change.Rows)
        {
            dropped += _kept.Add(new NumberedChange(++_last, change.Owner, row.Stored, change.Since, row.Ends));
        }
        _meters.Dropped(dropped);
        if (dropped > 0 && !_isDropping)
        {
            OwnersLog.Dropping(_logger, _options.MaxKeptChanges);
        }
        // Not at the first that drops none: it would be told again and again.
        _isDropping = dropped > 0 || (_isDropping && _kept.Count > _options.MaxKeptChanges / 2);
    }

    private void OnTaken(NumberedChange change)
    {
        foreach (var caller in _callers.Where(caller => caller.Owner == change.Owner))
        {
            caller.Taken.Add(change.Stored);
        }
    }

    private void Note(Exception? failure)
    {
        if (failure is null && _hasFailed)
        {
            OwnersLog.Written(_logger);
        }
        else if (failure is not null && !_hasFailed)
        {
            OwnersLog.NotWritten(_logger, _kept.UnsentCount, failure.Message);
        }
        _hasFailed = failure is not null;
    }
}
