using System.Collections.Concurrent;
using System.Collections.Immutable;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Directories;

/// <summary>
/// The directory of a process that has the store in itself: everything is in memory, read once at the start and again, object by object, after each change. Readers never wait. One
/// writer at a time, guarded by the gate.
/// </summary>
public sealed class EmbeddedDirectory(
    IDbContextFactory<StorageContext> storage, CredentialVault vault, IReadOnlyList<Credential> environmentCredentials, PriceTable filePrices, ILogger<EmbeddedDirectory> logger)
    : IDirectory, IDirectoryUpdater, IDisposable
{
    private readonly ConcurrentDictionary<TokenHash, Grant> _byHash = new();
    private readonly ConcurrentDictionary<string, (Grant Grant, TokenHash? Hash)> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ProjectTerms> _projects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _revocations = new(StringComparer.Ordinal);

    private readonly StoredPrices _prices = new(filePrices, logger);
    private readonly SemaphoreSlim _gate = new(1, 1);
    private ImmutableDictionary<string, ImmutableArray<Credential>> _credentials = ImmutableDictionary<string, ImmutableArray<Credential>>.Empty;
    private (string Stored, Secret? Secret)[] _followed = []; // replaced as a whole
    private volatile SigningKeySet _signingKeys = SigningKeySet.Empty;
    private long _version;

    /// <inheritdoc/>
    public event Action<DirectoryChange>? Changed;

    /// <inheritdoc/>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Reads everything.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await using var context = await storage.CreateDbContextAsync(cancellationToken);
            await ReadProjectsAsync(context, cancellationToken);
            await ReadCredentialsAsync(context, cancellationToken);
            await ReadSigningKeysAsync(context, cancellationToken);
            await ReadPricesAsync(context, cancellationToken);
            await ReadRevocationsAsync(context, cancellationToken);
            await foreach (var row in context.Tokens.AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                Put(row);
            }
        }
        finally
        {
            _gate.Release();
        }
        Announce(new DirectoryChange(null));
    }

    /// <inheritdoc/>
    public ValueTask<Grant?> FindProxyTokenAsync(TokenHash hash, CancellationToken cancellationToken) => new(_byHash.GetValueOrDefault(hash));

    /// <inheritdoc/>
    public ValueTask<Grant?> FindSessionTokenAsync(string jti, CancellationToken cancellationToken) =>
        new(_byId.TryGetValue(jti, out var entry) && entry.Grant.Kind == TokenKind.Session ? entry.Grant : null);

    /// <inheritdoc/>
    public bool IsRevoked(string jti) => _revocations.ContainsKey(jti);

    /// <inheritdoc/>
    public ImmutableArray<Limit> LimitsOfProject(string projectId) => _projects.GetValueOrDefault(projectId, ProjectTerms.None).Limits;

    /// <inheritdoc/>
    public Features FeaturesOfProject(string projectId) => _projects.GetValueOrDefault(projectId, ProjectTerms.None).Features;

    /// <inheritdoc/>
    public ImmutableArray<Credential> CredentialsOf(string provider) => Volatile.Read(ref _credentials).GetValueOrDefault(provider, []);

    /// <inheritdoc/>
    public SigningKeySet SigningKeys => _signingKeys;

    /// <inheritdoc/>
    public PriceTable Prices => _prices.Table;

    /// <inheritdoc/>
    public async Task TokenChangedAsync(string id, CancellationToken cancellationToken)
    {
        var hasEnded = false;
        await ChangeAsync(
            async context =>
            {
                var row = await context.Tokens.AsNoTracking().FirstOrDefaultAsync(token => token.Id == id, cancellationToken);
                if (row is null)
                {
                    Remove(id);
                }
                hasEnded = row is null || !Put(row) || row.IsDisabled || row.RevokedAt is not null;
            },
            cancellationToken);
        Announce(new DirectoryChange(id, hasEnded));
    }

    /// <inheritdoc/>
    public async Task RevokedAsync(string jti, CancellationToken cancellationToken)
    {
        await ChangeAsync(
            _ =>
            {
                _revocations[jti] = 0;
                return Task.CompletedTask;
            },
            cancellationToken);
        Announce(new DirectoryChange(jti, HasEnded: true));
    }

    /// <inheritdoc/>
    public Task RevocationsForgottenAsync(CancellationToken cancellationToken) => ChangeAsync(context => ReadRevocationsAsync(context, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task ProjectChangedAsync(string id, CancellationToken cancellationToken)
    {
        await ChangeAsync(
            async context =>
            {
                await ReadProjectsAsync(context, cancellationToken);
                await foreach (var row in context.Tokens.AsNoTracking().Where(token => token.ProjectId == id).AsAsyncEnumerable().WithCancellation(cancellationToken))
                {
                    Put(row);
                }
            },
            cancellationToken);
        Announce(new DirectoryChange(null));
    }

    /// <inheritdoc/>
    public async Task CredentialsChangedAsync(CancellationToken cancellationToken)
    {
        await ChangeAsync(context => ReadCredentialsAsync(context, cancellationToken), cancellationToken);
        Announce(new DirectoryChange(null));
    }

    /// <inheritdoc/>
    public async Task SigningKeysChangedAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> ended = [];
        await ChangeAsync(async context => ended = await ReadSigningKeysAsync(context, cancellationToken), cancellationToken);
        Announce(new DirectoryChange(null));
        foreach (var id in ended)
        {
            Announce(new DirectoryChange(null, EndedKeyId: id));
        }
    }

    /// <inheritdoc/>
    public async Task PricesChangedAsync(CancellationToken cancellationToken)
    {
        await ChangeAsync(context => ReadPricesAsync(context, cancellationToken), cancellationToken);
        Announce(new DirectoryChange(null));
    }

    /// <summary>
    /// Follows the references of credentials anew, and takes over the keys that they lead to where these are others. One that leads to nothing for the moment, as while its file is replaced, changes
    /// nothing.
    /// </summary>
    public async Task FollowReferencesAsync(CancellationToken cancellationToken)
    {
        if (StoredCredential.HaveMoved(Volatile.Read(ref _followed), vault))
        {
            await CredentialsChangedAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task ChangeAsync(Func<StorageContext, Task> change, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await using var context = await storage.CreateDbContextAsync(cancellationToken);
            await change(context);
        }
        finally
        {
            _gate.Release();
        }
    }

    // First the version, then the event: who hears of a change must not be answered from what was remembered before it.
    private void Announce(DirectoryChange change)
    {
        Interlocked.Increment(ref _version);
        Changed?.Invoke(change);
    }

    private bool Put(TokenRow row)
    {
        try
        {
            var (limits, features) = row.ProjectId is null ? ProjectTerms.None : _projects.GetValueOrDefault(row.ProjectId, ProjectTerms.Closed);
            var grant = StoredGrant.Read(row, limits, features);
            TokenHash? hash = row.Hash is null ? null : TokenHash.Parse(row.Hash);
            if (_byId.TryGetValue(row.Id, out var before) && before.Hash != hash)
            {
                Remove(row.Id);
            }
            _byId[row.Id] = (grant, hash);
            if (hash is { } known)
            {
                _byHash[known] = grant;
            }
            return true;
        }
        catch (FormatException e)
        {
            // Fails closed: a token whose row can't be read is a token that isn't known, whatever it was before.
            Remove(row.Id);
            DirectoryLog.UnreadableToken(logger, row.Id, e.Message);
            return false;
        }
    }

    private void Remove(string id)
    {
        if (_byId.TryRemove(id, out var entry) && entry.Hash is { } hash)
        {
            _byHash.TryRemove(hash, out _);
        }
    }

    private async Task ReadRevocationsAsync(StorageContext context, CancellationToken cancellationToken)
    {
        var kept = await context.Revocations.AsNoTracking().Select(row => row.Jti).ToListAsync(cancellationToken);
        foreach (var jti in kept)
        {
            _revocations[jti] = 0;
        }
        foreach (var gone in _revocations.Keys.Except(kept).ToList())
        {
            _revocations.TryRemove(gone, out _);
        }
    }

    private async Task ReadProjectsAsync(StorageContext context, CancellationToken cancellationToken)
    {
        var rows = await context.Projects.AsNoTracking().ToListAsync(cancellationToken);
        foreach (var row in rows)
        {
            _projects[row.Id] = ProjectTerms.Read(row, logger);
        }
        foreach (var gone in _projects.Keys.Except(rows.Select(row => row.Id)).ToList())
        {
            _projects.TryRemove(gone, out _);
        }
    }

    // Ids of those that are in use no more.
    private async Task<IReadOnlyList<string>> ReadSigningKeysAsync(StorageContext context, CancellationToken cancellationToken)
    {
        var before = _signingKeys;
        _signingKeys = StoredSigningKeys.Open(await context.SigningKeys.AsNoTracking().Where(row => row.RetiredAt == null).ToListAsync(cancellationToken), vault, logger);
        return [.. before.EndedIn(_signingKeys)];
    }

    private async Task ReadPricesAsync(StorageContext context, CancellationToken cancellationToken)
    {
        var rows = await context.Prices.AsNoTracking().ToListAsync(cancellationToken);
        foreach (var row in rows)
        {
            _prices.Put(row.Id, () => OperatorPrice.Read(row.Id, row.CreatedAt, row.Provider, row.Match.Select(match => match.Pattern), row.StatedJson));
        }
        foreach (var gone in _prices.Ids.Except(rows.Select(row => row.Id)).ToList())
        {
            _prices.Remove(gone);
        }
        _prices.Compile();
    }

    private async Task ReadCredentialsAsync(StorageContext context, CancellationToken cancellationToken)
    {
        var rows = await context.Credentials.AsNoTracking().Where(row => !row.IsDisabled).OrderBy(row => row.CreatedAt).ToListAsync(cancellationToken);
        var opened = StoredCredential.OpenAll(environmentCredentials, rows, _credentials, vault, logger);
        Volatile.Write(ref _followed, StoredCredential.Followed(environmentCredentials, rows, opened));
        Volatile.Write(ref _credentials, opened);
    }
}
