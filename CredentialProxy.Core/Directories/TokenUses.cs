using System.Collections.Concurrent;
using CredentialProxy.Core.Storage;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Core.Directories;

/// <summary>
/// Remembers when tokens were last used, to the minute, and writes it now and then: a use costs no write, and a write can't bring back a token that was revoked or deleted
/// in the meantime, since it touches that one column of a row that is there.
/// </summary>
public sealed class TokenUses(IDbContextFactory<StorageContext> storage)
{
    /// <summary>Most tokens remembered between two writes; of more, some uses go unnoted.</summary>
    private const int Capacity = 100_000;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _uses = new(StringComparer.Ordinal);

    /// <summary>Notes a use.</summary>
    public void Note(string tokenId, DateTimeOffset time)
    {
        if (_uses.Count < Capacity)
        {
            _uses[tokenId] = time;
        }
    }

    /// <summary>Writes what was noted.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (_uses.IsEmpty)
        {
            return;
        }
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        foreach (var (tokenId, time) in _uses.ToArray())
        {
            await context.Tokens.Where(token => token.Id == tokenId).ExecuteUpdateAsync(update => update.SetProperty(token => token.LastUsedAt, time), cancellationToken);
            _uses.TryRemove(new KeyValuePair<string, DateTimeOffset>(tokenId, time));
        }
    }
}
