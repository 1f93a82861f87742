using StackExchange.Redis;

namespace CredentialProxy.Core.Directories.Redis;

/// <summary>How far the directory in Redis is.</summary>
/// <param name="Mark">Its name; null when there is no directory, or it was lost.</param>
/// <param name="Version">Number of the last projection that is complete; 0 for none.</param>
public readonly record struct ProjectionState(string? Mark, long Version);

/// <summary>
/// The directory in Redis as who keeps it sees it. Projections have rising numbers, given by whoever sees to it that one is made at a time; once one has begun, no older one can write
/// any more, however late its calls arrive.
/// </summary>
/// <param name="connection">The connection; not owned.</param>
/// <param name="name">First part of every key.</param>
public sealed class DirectoryProjection(IConnectionMultiplexer connection, string name)
{
    /// <summary>Most edits in one call of a script: a few milliseconds of Redis' time.</summary>
    public const int MaxEdits = 500;

    /// <summary>Entries of the log that are kept. A gateway that has missed more reads everything anew.</summary>
    public const int KeptEntries = 10_000;

    private readonly IDatabase _database = connection.GetDatabase();
    private readonly DirectoryKeys _keys = new(name);

    /// <summary>How far it is.</summary>
    public async Task<ProjectionState> StateAsync()
    {
        var values = await _database.StringGetAsync([_keys.Mark, _keys.Version]);
        return new ProjectionState(values[0], (long?)values[1] ?? 0);
    }

    /// <summary>Documents of objects, in their order; null for one that isn't there.</summary>
    public async Task<string?[]> ReadAsync(DirectoryKind kind, IReadOnlyList<string> ids) =>
        ids.Count == 0 ? [] : [.. (await _database.HashGetAsync(_keys.Of(kind), [.. ids.Select(id => (RedisValue)id)])).Select(value => (string?)value)];

    /// <summary>All objects of a kind: ids and documents, a page at a time. One that is changed meanwhile may be answered twice.</summary>
    public async IAsyncEnumerable<(string Id, string Document)> AllAsync(DirectoryKind kind)
    {
        await foreach (var entry in _database.HashScanAsync(_keys.Of(kind), pageSize: MaxEdits))
        {
            yield return (entry.Name!, entry.Value!);
        }
    }

    /// <summary>Writes a part of a projection, at most <see cref="MaxEdits"/>, all or none.</summary>
    /// <param name="number">The projection's number.</param>
    /// <param name="edits">What it changes.</param>
    /// <param name="isLast">Whether the projection is complete with it.</param>
    /// <param name="mark">The directory's new name, where everything was projected; null for none.</param>
    /// <returns>False when a newer projection has begun, so that nothing was written.</returns>
    public async Task<bool> WriteAsync(long number, IReadOnlyCollection<DirectoryEdit> edits, bool isLast, string? mark = null)
    {
        var values = new List<RedisValue>(6 + (3 * edits.Count))
        {
            number, mark ?? "", isLast ? 1 : 0, KeptEntries, DirectoryNotice.Write(edits), (string)_keys.Channel!,
        };
        foreach (var edit in edits)
        {
            values.AddRange([(int)edit.Kind, edit.Id, edit.Document ?? ""]);
        }
        return (await DirectoryScripts.Project.RunAsync(_database, _keys.ForWriting, [.. values]))[0] == "done";
    }

    /// <summary>Whether a comparison is due; of several who ask within the interval one alone is told so.</summary>
    public Task<bool> IsComparisonDueAsync(TimeSpan interval) => _database.StringSetAsync(_keys.Compared, 1, interval, When.NotExists);

    /// <summary>The comparison that was due came to nothing: it is due again.</summary>
    public Task ComparisonFailedAsync() => _database.KeyDeleteAsync(_keys.Compared);
}
