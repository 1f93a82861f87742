using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CredentialProxy.Core.Directories.Redis;

/// <summary>
/// The directory of a gateway that has no store: what the control plane has projected into Redis. Tokens are looked up when they come and kept in bounded memory, everything else is held
/// whole; changes are announced, and looked for besides. While Redis is away what is known goes on to hold.
/// </summary>
public sealed class RedisDirectory : IDirectory, IAsyncDisposable
{
    private readonly DirectoryMemory _memory;
    private readonly TokenCache _cache;
    private readonly TokenLookups _lookups;
    private readonly DirectorySync _sync;
    private readonly ILogger _logger;

    /// <summary>Begins to read, and goes on trying until there is something.</summary>
    /// <param name="connection">The connection; not owned.</param>
    /// <param name="name">First part of every key.</param>
    /// <param name="options">Settings.</param>
    /// <param name="openRing">Makes what opens seals, out of the elements of a key ring as it is kept.</param>
    /// <param name="environment">Credentials that this gateway has of its own.</param>
    /// <param name="filePrices">The prices of this process' files, after those of the directory.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">A log.</param>
    public RedisDirectory(
        IConnectionMultiplexer connection,
        string name,
        RedisDirectoryOptions options,
        Func<IReadOnlyCollection<string>, IDataProtectionProvider> openRing,
        IReadOnlyList<Credential> environment,
        PriceTable filePrices,
        TimeProvider time,
        ILogger<RedisDirectory> logger)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        var keys = new DirectoryKeys(name);
        _logger = logger;
        _memory = new DirectoryMemory(openRing, environment, filePrices, logger);
        _cache = new TokenCache(options, time);
        _lookups = new TokenLookups(connection.GetDatabase(), keys, options, time);
        _sync = new DirectorySync(connection, keys, _memory, _cache, options, time, logger) { Announce = change => Changed?.Invoke(change) };
        _sync.Start();
    }

    /// <inheritdoc/>
    public event Action<DirectoryChange>? Changed;

    /// <inheritdoc/>
    public long Version => _cache.State;

    /// <summary>Whether there is a directory to answer from; once true it stays so.</summary>
    public bool IsLoaded => _sync.IsLoaded;

    /// <summary>For how long Redis has not answered; zero while it does.</summary>
    public TimeSpan Silence => _sync.Silence;

    /// <inheritdoc/>
    public SigningKeySet SigningKeys => _memory.SigningKeys;

    /// <inheritdoc/>
    public PriceTable Prices => _memory.Prices;

    /// <summary>Calls in which tokens were looked up.</summary>
    internal long LookupCalls => _lookups.Calls;

    /// <summary>Tokens in memory, and those in memory as unknown.</summary>
    internal (int Known, int Unknown) Cached => (_cache.Count, _cache.UnknownCount);

    /// <inheritdoc/>
    public ValueTask<Grant?> FindProxyTokenAsync(TokenHash hash, CancellationToken cancellationToken) => FindAsync(TokenKey.Of(hash), TokenKind.Proxy, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Grant?> FindSessionTokenAsync(string jti, CancellationToken cancellationToken) => FindAsync(TokenKey.Of(jti), TokenKind.Session, cancellationToken);

    /// <inheritdoc/>
    public bool IsRevoked(string jti) => _memory.IsRevoked(jti);

    /// <inheritdoc/>
    public ImmutableArray<Limit> LimitsOfProject(string projectId) => _memory.TermsOf(projectId).Limits;

    /// <inheritdoc/>
    public Features FeaturesOfProject(string projectId) => _memory.TermsOf(projectId).Features;

    /// <inheritdoc/>
    public ImmutableArray<Credential> CredentialsOf(string provider) => _memory.CredentialsOf(provider);

    /// <summary>Waits until everything that was announced or written before the call is known here.</summary>
    public Task CatchUpAsync(CancellationToken cancellationToken) => _sync.CatchUpAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _sync.DisposeAsync();
        await _lookups.DisposeAsync();
    }

    private async ValueTask<Grant?> FindAsync(TokenKey key, TokenKind kind, CancellationToken cancellationToken)
    {
        if (!_sync.IsLoaded)
        {
            throw new DirectoryUnavailableException("The directory in Redis has not been read yet.");
        }
        // Read first: what is found is kept only if nothing has changed since.
        var state = _cache.State;
        if (_cache.TryGet(key, out var known))
        {
            return Current(key, known!, state).Grant;
        }
        if (_cache.IsUnknown(key))
        {
            return null;
        }
        if (await _lookups.FindAsync(key, cancellationToken) is not { } document || Read(key, document) is not { } row || (row.Kind == "session") != (kind == TokenKind.Session))
        {
            _cache.Keep(key, null, state);
            return null;
        }
        if (row.ProjectId is { } project && !_memory.Knows(project))
        {
            // It came with its project, of whose limits we must know first.
            await _sync.CatchUpAsync(cancellationToken);
        }
        return Make(key, row, state)?.Grant;
    }

    private CachedToken Current(TokenKey key, CachedToken known, long state) =>
        known.Projects == _memory.ProjectsState || known.Row.ProjectId is null ? known : Make(key, known.Row, state) ?? known;

    private CachedToken? Make(TokenKey key, Storage.TokenRow row, long state)
    {
        var projects = _memory.ProjectsState;
        var (limits, features) = _memory.TermsOfKept(row.ProjectId);
        try
        {
            var token = new CachedToken(row, StoredGrant.Read(row, limits, features), projects);
            _cache.Keep(key, token, state);
            return token;
        }
        catch (FormatException e)
        {
            // Fails closed: a token that can't be read is a token that isn't known.
            DirectoryLog.UnreadableToken(_logger, row.Id, e.Message);
            _cache.Keep(key, null, state);
            return null;
        }
    }

    private Storage.TokenRow? Read(TokenKey key, string document)
    {
        try
        {
            return DirectoryDocuments.ReadToken(document);
        }
        catch (FormatException e)
        {
            DirectoryLog.UnreadableToken(_logger, key.Id ?? "of a hash", e.Message);
            return null;
        }
    }
}
