using CredentialProxy.Core.Directories.Redis;

namespace CredentialProxy.Admin.Projecting;

/// <summary>Compares the directory with the database and writes what differs.</summary>
/// <param name="projection">The directory.</param>
/// <param name="rows">The database.</param>
/// <param name="writer">Writes, or notes what would be written.</param>
internal sealed class DirectoryComparison(DirectoryProjection projection, ProjectedRows rows, IProjectionWriter writer)
{
    private const int PageSize = 250;

    /// <summary>Brings these objects of a kind up to date.</summary>
    public async Task<int> CompareAsync(DirectoryKind kind, IReadOnlyList<string> ids)
    {
        var kept = await rows.ReadAsync(kind, ids).ToDictionaryAsync(found => found.Id, StringComparer.Ordinal);
        return (await CompareAsync(kind, ids, kept)).Count;
    }

    /// <summary>Looks again at objects that seemed to differ, and brings them up to date; answers how many still did, besides those that are known to have changed.</summary>
    public async Task<int> CompareAgainAsync(IReadOnlySet<(DirectoryKind Kind, string Id)> suspects, IReadOnlySet<(DirectoryKind Kind, string Id)> changed)
    {
        var differing = 0;
        foreach (var kind in ProjectionScope.Kinds)
        {
            foreach (var ids in suspects.Where(suspect => suspect.Kind == kind).Select(suspect => suspect.Id).Chunk(PageSize))
            {
                var kept = await rows.ReadAsync(kind, ids).ToDictionaryAsync(found => found.Id, StringComparer.Ordinal);
                var edited = await CompareAsync(kind, ids, kept);
                edited.UnionWith(await CompareHashesAsync([.. kept.Values.Where(found => found.Hash is not null && !edited.Contains(found.Id))]));
                differing += kind == DirectoryKind.Revocation ? 0 : edited.Count(id => !changed.Contains((kind, id)));
            }
        }
        return differing + await RemoveHashesAsync(suspects, changed);
    }

    /// <summary>Brings everything up to date; answers how many objects differed, besides those that are known to have changed.</summary>
    public async Task<int> CompareAllAsync(IReadOnlySet<(DirectoryKind Kind, string Id)> changed)
    {
        var differing = 0;
        var hashes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var kind in ProjectionScope.Kinds)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            await foreach (var page in rows.ReadAsync(kind).Chunk(PageSize))
            {
                seen.UnionWith(page.Select(found => found.Id));
                hashes.UnionWith(page.Select(found => found.Hash).OfType<string>());
                var edited = await CompareAsync(kind, [.. page.Select(found => found.Id)], page.ToDictionary(found => found.Id, StringComparer.Ordinal));
                edited.UnionWith(await CompareHashesAsync([.. page.Where(found => found.Hash is not null && !edited.Contains(found.Id))]));
                differing += edited.Count(id => !changed.Contains((kind, id)));
            }
            differing += await RemoveStrangersAsync(kind, seen, changed);
        }
        return differing + await RemoveStrangersAsync(DirectoryKind.TokenHash, hashes, changed);
    }

    private async Task<HashSet<string>> CompareAsync(DirectoryKind kind, IReadOnlyList<string> ids, Dictionary<string, ProjectedObject> kept)
    {
        var documents = await projection.ReadAsync(kind, ids);
        var edited = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < ids.Count; i++)
        {
            var now = kept.GetValueOrDefault(ids[i]);
            if (now?.Document != documents[i])
            {
                edited.Add(ids[i]);
                await writer.AddAsync([.. EditsOf(kind, ids[i], documents[i], now)]);
            }
        }
        return edited;
    }

    // A token and what leads to it, which is of one hash at a time.
    private static IEnumerable<DirectoryEdit> EditsOf(DirectoryKind kind, string id, string? before, ProjectedObject? now)
    {
        var hashBefore = kind == DirectoryKind.Token && before is not null ? DirectoryDocuments.HashOf(before) : null;
        yield return new DirectoryEdit(kind, id, now?.Document, now?.Hash ?? hashBefore, kind == DirectoryKind.Token && now is not { HasEnded: false });
        if (hashBefore is not null && hashBefore != now?.Hash)
        {
            yield return new DirectoryEdit(DirectoryKind.TokenHash, hashBefore, null);
        }
        if (now?.Hash is { } hash)
        {
            yield return new DirectoryEdit(DirectoryKind.TokenHash, hash, id);
        }
    }

    private async Task<HashSet<string>> CompareHashesAsync(IReadOnlyList<ProjectedObject> tokens)
    {
        var ids = await projection.ReadAsync(DirectoryKind.TokenHash, [.. tokens.Select(token => token.Hash!)]);
        var edited = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (token, id) in tokens.Zip(ids))
        {
            if (id != token.Id)
            {
                edited.Add(token.Id);
                await writer.AddAsync([.. EditsOf(DirectoryKind.Token, token.Id, null, token)]);
            }
        }
        return edited;
    }

    // What leads to a token that is not of this hash, or to none.
    private async Task<int> RemoveHashesAsync(IReadOnlySet<(DirectoryKind Kind, string Id)> suspects, IReadOnlySet<(DirectoryKind, string)> changed)
    {
        var removed = 0;
        foreach (var hashes in suspects.Where(suspect => suspect.Kind == DirectoryKind.TokenHash).Select(suspect => suspect.Id).Chunk(PageSize))
        {
            var ids = await projection.ReadAsync(DirectoryKind.TokenHash, hashes);
            var leading = hashes.Zip(ids).Where(pair => pair.Second is not null).ToList();
            var kept = await rows.ReadAsync(DirectoryKind.Token, [.. leading.Select(pair => pair.Second!)]).ToDictionaryAsync(found => found.Id, StringComparer.Ordinal);
            foreach (var (hash, id) in leading.Where(pair => kept.GetValueOrDefault(pair.Second!)?.Hash != pair.First))
            {
                await writer.AddAsync([new DirectoryEdit(DirectoryKind.TokenHash, hash, null)]);
                removed += changed.Contains((DirectoryKind.Token, id!)) ? 0 : 1;
            }
        }
        return removed;
    }

    private async Task<int> RemoveStrangersAsync(DirectoryKind kind, HashSet<string> known, IReadOnlySet<(DirectoryKind, string)> changed)
    {
        var strangers = new Dictionary<string, string>(StringComparer.Ordinal);
        await foreach (var (id, document) in projection.AllAsync(kind))
        {
            if (!known.Contains(id))
            {
                strangers[id] = document;
            }
        }
        foreach (var (id, document) in strangers)
        {
            await writer.AddAsync([.. EditsOf(kind, id, document, null)]);
        }
        return kind switch
        {
            // They have had their time, and go with the first comparison after it: nothing was wrong.
            DirectoryKind.Revocation => 0,
            // What leads to a deleted token goes with the token, and is counted with it.
            DirectoryKind.TokenHash => strangers.Count(stranger => !changed.Contains((DirectoryKind.Token, stranger.Value))),
            _ => strangers.Keys.Count(id => !changed.Contains((kind, id))),
        };
    }
}
