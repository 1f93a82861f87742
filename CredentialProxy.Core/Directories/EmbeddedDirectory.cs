using System.Collections.Concurrent;
using System.Collections.Immutable;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Vault;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Directories;

/// <summary>
/// The directory of a process that has the store in itself: everything is in memory, read once at the start and again, object by object, after each change. Readers never wait. One
/// writer at a time, guarded by the gate.
/// </summary>
public sealed partial class EmbeddedDirectory(
    IDbContextFactory<StorageContext> storage, CredentialVault vault, IReadOnlyList<Credential> environmentCredentials, ILogger<EmbeddedDirectory> logger)
    : IDirectory, IDirectoryUpdater, IDisposable
{
    private readonly ConcurrentDictionary<TokenHash, Grant> _byHash = new();
    private readonly ConcurrentDictionary<string, (Grant Grant, TokenHash? Hash)> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (ImmutableArray<Limit> Limits, Features Features)> _projects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _revocations = new(StringComparer.Ordinal);
    private static readonly (ImmutableArray<Limit> Limits, Features Features) Unknown = ([], Features.None);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private ImmutableDictionary<string, ImmutableArray<Credential>> _credentials = ImmutableDictionary<string, ImmutableArray<Credential>>.Empty;
    private (string Stored, Secret? Secret)[] _followed = []; // replaced as a whole
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
            await foreach (var row in context.Revocations.AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                _revocations[row.Jti] = 0;
            }
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
    public ImmutableArray<Limit> LimitsOfProject(string projectId) => _projects.GetValueOrDefault(projectId, Unknown).Limits;

    /// <inheritdoc/>
    public Features FeaturesOfProject(string projectId) => _projects.GetValueOrDefault(projectId, Unknown).Features;

    /// <inheritdoc/>
    public ImmutableArray<Credential> CredentialsOf(string provider) => Volatile.Read(ref _credentials).GetValueOrDefault(provider, []);

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

    /// <summary>
    /// Follows the references of credentials anew, and takes over the keys that they lead to where these are others. One that leads to nothing for the moment, as while its file is replaced, changes
    /// nothing.
    /// </summary>
    public async Task FollowReferencesAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _followed).Any(followed => vault.TryOpen(followed.Stored, out _) is { } secret && !secret.Equals(followed.Secret)))
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
            var (limits, features) = row.ProjectId is null ? Unknown : _projects.GetValueOrDefault(row.ProjectId, Unknown);
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
            Log.UnreadableToken(logger, row.Id, e.Message);
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

    private async Task ReadProjectsAsync(StorageContext context, CancellationToken cancellationToken)
    {
        var rows = await context.Projects.AsNoTracking().ToListAsync(cancellationToken);
        foreach (var row in rows)
        {
            _projects[row.Id] = Read(row);
        }
        foreach (var gone in _projects.Keys.Except(rows.Select(row => row.Id)).ToList())
        {
            _projects.TryRemove(gone, out _);
        }
    }

    // Fails closed: a project that can't be read spends nothing, and the others are not kept from loading.
    private (ImmutableArray<Limit> Limits, Features Features) Read(ProjectRow row)
    {
        try
        {
            return (LimitDocument.Read(row.LimitsJson), FeatureNames.Parse(row.Features));
        }
        catch (FormatException e)
        {
            Log.UnreadableProject(logger, row.Id, e.Message);
            return ([new Limit(LimitUnit.Requests, 0, LimitWindow.Lifetime)], Features.None);
        }
    }

    private async Task ReadCredentialsAsync(StorageContext context, CancellationToken cancellationToken)
    {
        var rows = await context.Credentials.AsNoTracking().Where(row => !row.IsDisabled).OrderBy(row => row.CreatedAt).ToListAsync(cancellationToken);
        var opened = rows.Select(Open).OfType<Credential>().ToList();
        Volatile.Write(
            ref _followed,
            [.. rows.Where(row => CredentialVault.IsReference(row.SealedSecret)).Select(row => (row.SealedSecret, opened.FirstOrDefault(credential => credential.Id == row.Id)?.Secret))]);
        Volatile.Write(
            ref _credentials,
            environmentCredentials.Concat(opened).GroupBy(credential => credential.Provider).ToImmutableDictionary(group => group.Key, group => group.ToImmutableArray()));
    }

    private Credential? Open(CredentialRow row)
    {
        var secret = vault.TryOpen(row.SealedSecret, out var error);
        if (secret is null)
        {
            Log.UnusableCredential(logger, row.Id, row.Provider, error);
            return null;
        }
        try
        {
            return new Credential { Id = row.Id, Provider = row.Provider, Label = row.Label, Secret = secret, Limits = LimitDocument.Read(row.LimitsJson) };
        }
        catch (FormatException e)
        {
            Log.UnusableCredential(logger, row.Id, row.Provider, e.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1101, LogLevel.Error, "Token {TokenId} can't be read from the store and is refused: {Reason}")]
        public static partial void UnreadableToken(ILogger logger, string tokenId, string reason);

        [LoggerMessage(1102, LogLevel.Error, "Credential {CredentialId} of provider {Provider} can't be used: {Reason}")]
        public static partial void UnusableCredential(ILogger logger, string credentialId, string provider, string reason);

        [LoggerMessage(1103, LogLevel.Error, "Project {ProjectId} can't be read from the store, so that it may spend nothing: {Reason}")]
        public static partial void UnreadableProject(ILogger logger, string projectId, string reason);
    }
}
