using CredentialProxy.Core.Directories.Redis;
using Npgsql;

namespace CredentialProxy.Admin.Projecting;

/// <summary>Takes edits of the directory.</summary>
internal interface IProjectionWriter
{
    /// <summary>Adds edits that belong together: they become visible at once.</summary>
    Task AddAsync(IReadOnlyCollection<DirectoryEdit> together);
}

/// <summary>Writes nothing, and notes of which objects something would be written.</summary>
internal sealed class SuspectedObjects : IProjectionWriter
{
    private readonly HashSet<(DirectoryKind, string)> _found = [];

    /// <summary>The objects.</summary>
    public IReadOnlySet<(DirectoryKind Kind, string Id)> Found => _found;

    public Task AddAsync(IReadOnlyCollection<DirectoryEdit> together)
    {
        _found.UnionWith(together.Select(edit => (edit.Kind, edit.Id)));
        return Task.CompletedTask;
    }
}

/// <summary>Writes one projection, in parts. It takes its number when there is something to write; whoever makes one holds the lock that lets one be made at a time.</summary>
internal sealed class ProjectionWriter(DirectoryProjection projection, NpgsqlConnection guard, CancellationToken cancellationToken) : IProjectionWriter
{
    private readonly List<DirectoryEdit> _edits = [];
    private long _number;

    public async Task AddAsync(IReadOnlyCollection<DirectoryEdit> together)
    {
        if (_edits.Count + together.Count > DirectoryProjection.MaxEdits)
        {
            await WriteAsync(isLast: false, null);
        }
        _edits.AddRange(together);
    }

    /// <summary>Writes what is left. Without edits and without a new name for the directory there is nothing to write.</summary>
    public async Task CompleteAsync(string? mark = null)
    {
        if (_edits.Count > 0 || _number > 0 || mark is not null)
        {
            await WriteAsync(isLast: true, mark);
        }
    }

    private async Task WriteAsync(bool isLast, string? mark)
    {
        if (_number == 0)
        {
            await using var next = new NpgsqlCommand("SELECT nextval('directory_numbers')", guard);
            _number = (long)(await next.ExecuteScalarAsync(cancellationToken))!;
        }
        if (!await projection.WriteAsync(_number, _edits, isLast, mark))
        {
            throw new ProjectionOvertakenException($"Projection {_number} of the directory was overtaken by a newer one.");
        }
        _edits.Clear();
    }
}

/// <summary>Somebody else has begun a newer projection: the lock was lost while this one was under way.</summary>
internal sealed class ProjectionOvertakenException(string message) : Exception(message);
