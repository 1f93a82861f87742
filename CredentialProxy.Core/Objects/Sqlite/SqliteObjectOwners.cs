using System.Threading.Channels;
using BitFaster.Caching.Lru;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Objects.Sqlite;

/// <summary>
/// The owners of objects in an embedded SQLite file. Reads wait for nobody; what was found is kept in bounded memory. Writes are one task's: all that wait for it share a transaction, and each is
/// answered when that is on the disk.
/// </summary>
public sealed partial class SqliteObjectOwners : IObjectOwners, IAsyncDisposable
{
    /// <summary>Writes that may wait; each is that of a request whose answer waits for it.</summary>
    private const int MostWaiting = 1024;

    private const int MostInTransaction = 256;

    private readonly string _connectionString;
    private readonly ObjectOwnersOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<SqliteObjectOwners> _logger;
    private readonly Channel<OwnerChange> _waiting = Channel.CreateBounded<OwnerChange>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });

    // What an owner was found to own, and until when: nothing is kept of what was not found, so another's object is looked for as long as none.
    private readonly ConcurrentLru<(string Owner, StoredObject Stored), long> _known;
    private readonly Task _writing;
    private long _forgets;

    /// <summary>Starts the writer on a file that has been migrated.</summary>
    public SqliteObjectOwners(string databasePath, ObjectOwnersOptions options, TimeProvider time, ILogger<SqliteObjectOwners> logger)
    {
        _connectionString = new SqliteConnectionStringBuilder { DataSource = databasePath, Mode = SqliteOpenMode.ReadWrite, DefaultTimeout = 5 }.ToString();
        _options = options;
        _time = time;
        _logger = logger;
        _known = new(Environment.ProcessorCount, options.CacheSize, EqualityComparer<(string, StoredObject)>.Default);
        _writing = Task.Run(WriteAsync);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public ValueTask<bool> OwnsAsync(string owner, StoredObject stored, CancellationToken cancellationToken)
    {
        if (stored.Id.Length is 0 or > StoredObject.MaxIdLength)
        {
            return new(false);
        }
        if (_known.TryGet((owner, stored), out var end))
        {
            return new(end > Now);
        }
        // The file is read on a thread of the pool: the one that asks may be that of a connection.
        return new(Task.Run(() => IsFound(owner, stored), cancellationToken));
    }

    /// <inheritdoc/>
    public async ValueTask RememberAsync(string owner, IReadOnlyList<OwnedObject> objects, CancellationToken cancellationToken)
    {
        var now = Now;
        OwnerChange.Row[] rows = [.. objects.Select(owned => new OwnerChange.Row(owned.Stored, now + EndOf(owned)))];
        var change = new OwnerChange(owner, rows, now);
        await WriteAsync(change, cancellationToken);
        foreach (var row in rows)
        {
            if (change.Taken?.Contains(row.Stored) != true)
            {
                _known.AddOrUpdate((owner, row.Stored), row.ExpiresAt);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask ForgetAsync(string owner, StoredObject stored, CancellationToken cancellationToken)
    {
        await WriteAsync(new OwnerChange(owner, [new OwnerChange.Row(stored, 0)], Now), cancellationToken);
        Interlocked.Increment(ref _forgets);
        _known.TryRemove((owner, stored));
    }

    /// <summary>Writes what waits and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _writing;
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }

    private long EndOf(in OwnedObject owned) => (long)TimeSpan.FromDays(owned.KeptDays == 0 ? _options.KeptDays : Math.Min(owned.KeptDays, _options.KeptDays)).TotalMilliseconds;

    private bool IsFound(string owner, StoredObject stored)
    {
        // Read first: what is forgotten while we look must not be kept as known.
        var forgets = Volatile.Read(ref _forgets);
        if (Find(owner, stored) is not { } end)
        {
            return false;
        }
        if (forgets == Volatile.Read(ref _forgets))
        {
            _known.AddOrUpdate((owner, stored), end);
        }
        return end > Now;
    }

    private long? Find(string owner, StoredObject stored)
    {
        try
        {
            using var connection = new SqliteConnection(_connectionString);
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT ExpiresAt FROM objects WHERE Owner = $owner AND Provider = $provider AND Kind = $kind AND Id = $id";
            command.Parameters.AddWithValue("$owner", owner);
            command.Parameters.AddWithValue("$provider", stored.Provider);
            command.Parameters.AddWithValue("$kind", stored.Kind);
            command.Parameters.AddWithValue("$id", stored.Id);
            return command.ExecuteScalar() as long?;
        }
        catch (SqliteException e)
        {
            throw new ObjectOwnersUnavailableException("Who made which object can't be read.", e);
        }
    }

    private async ValueTask WriteAsync(OwnerChange change, CancellationToken cancellationToken)
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

    private async Task WriteAsync()
    {
        using var writer = new SqliteOwnerWriter(_connectionString, _options.MaxPerOwner, _time);
        var group = new List<OwnerChange>(MostInTransaction);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (group.Count < MostInTransaction && _waiting.Reader.TryRead(out var change))
            {
                group.Add(change);
            }
            Write(writer, group);
            group.Clear();
        }
    }

    private void Write(SqliteOwnerWriter writer, List<OwnerChange> group)
    {
        try
        {
            writer.Write(group);
        }
#pragma warning disable CA1031 // Whatever it is, those who wait must hear of it and the writer must live on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.NotWritten(_logger, group.Count, e);
            var unavailable = new ObjectOwnersUnavailableException("Who made which object can't be written.", e);
            group.ForEach(change => change.Done.TrySetException(unavailable));
            return;
        }
        group.ForEach(change => change.Done.TrySetResult());
    }

    private static partial class Log
    {
        [LoggerMessage(1301, LogLevel.Error, "{Count} changes of who made which stored object could not be written")]
        public static partial void NotWritten(ILogger logger, int count, Exception exception);
    }
}
