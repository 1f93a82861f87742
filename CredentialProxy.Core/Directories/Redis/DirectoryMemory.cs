using System.Collections.Concurrent;
using System.Collections.Immutable;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Directories.Redis;

/// <summary>What of the directory is held whole, since it is little: projects, credentials, revocations, prices, the key ring and what it seals. Written by one task; readers never wait.</summary>
/// <param name="openRing">Makes what opens seals, out of the elements of a key ring.</param>
/// <param name="environment">Credentials that this gateway has of its own.</param>
/// <param name="filePrices">The prices of this process' files, after those of the directory.</param>
/// <param name="logger">A log.</param>
internal sealed class DirectoryMemory(Func<IReadOnlyCollection<string>, IDataProtectionProvider> openRing, IReadOnlyList<Credential> environment, PriceTable filePrices, ILogger logger)
{
    private readonly ConcurrentDictionary<string, ProjectTerms> _projects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _revocations = new(StringComparer.Ordinal);

    private readonly StoredPrices _prices = new(filePrices, logger);

    // The writer's alone.
    private readonly SortedDictionary<string, string> _ring = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SigningKeyRow> _keyRows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CredentialRow> _rows = new(StringComparer.Ordinal);
    private IDataProtectionProvider? _protection;
    private bool _isRingStale = true;
    private bool _areCredentialsStale = true;
    private bool _areSigningKeysStale = true;

    private ImmutableDictionary<string, ImmutableArray<Credential>> _credentials = ImmutableDictionary<string, ImmutableArray<Credential>>.Empty;
    private long _projectsState;
    private volatile SigningKeySet _signingKeys = SigningKeySet.Empty;

    /// <summary>Which state the projects are in.</summary>
    public long ProjectsState => Volatile.Read(ref _projectsState);

    /// <summary>The signing keys that can be used.</summary>
    public SigningKeySet SigningKeys => _signingKeys;

    /// <summary>The prices in force.</summary>
    public PriceTable Prices => _prices.Table;

    public int ProjectCount => _projects.Count;

    public int CredentialCount => _rows.Count;

    public int RevocationCount => _revocations.Count;

    public int KeyCount => _ring.Count;

    public int PriceCount => _prices.Ids.Count;

    public bool Knows(string projectId) => _projects.ContainsKey(projectId);

    /// <summary>The terms of a project that another system may have named.</summary>
    public ProjectTerms TermsOf(string projectId) => _projects.GetValueOrDefault(projectId, ProjectTerms.None);

    /// <summary>The terms of the project that a kept token belongs to; null for none.</summary>
    public ProjectTerms TermsOfKept(string? projectId) => projectId is null ? ProjectTerms.None : _projects.GetValueOrDefault(projectId, ProjectTerms.Closed);

    public bool IsRevoked(string jti) => _revocations.ContainsKey(jti);

    public ImmutableArray<Credential> CredentialsOf(string provider) => Volatile.Read(ref _credentials).GetValueOrDefault(provider, []);

    /// <summary>Takes an object in, or out where there is no document any more. What is opened out of it changes with <see cref="Open"/>.</summary>
    public void Put(DirectoryKind kind, string id, string? document)
    {
        switch (kind)
        {
            case DirectoryKind.Key:
                _isRingStale = _areCredentialsStale = _areSigningKeysStale = true;
                Put(_ring, id, document);
                break;
            case DirectoryKind.SigningKey:
                _areSigningKeysStale = true;
                PutSigningKey(id, document);
                break;
            case DirectoryKind.Credential:
                _areCredentialsStale = true;
                PutCredential(id, document);
                break;
            case DirectoryKind.Project when document is null:
                _projects.TryRemove(id, out _);
                Interlocked.Increment(ref _projectsState);
                break;
            case DirectoryKind.Project:
                _projects[id] = ReadProject(id, document);
                Interlocked.Increment(ref _projectsState);
                break;
            case DirectoryKind.Revocation when document is null:
                _revocations.TryRemove(id, out _);
                break;
            case DirectoryKind.Revocation:
                _revocations[id] = 0;
                break;
            case DirectoryKind.Price when document is null:
                _prices.Remove(id);
                break;
            case DirectoryKind.Price:
                _prices.Put(id, () => DirectoryDocuments.ReadPrice(id, document));
                break;
        }
    }

    /// <summary>Takes out all of a kind that are not among these.</summary>
    public void Retain(DirectoryKind kind, IReadOnlySet<string> ids)
    {
        ICollection<string> known = kind switch
        {
            DirectoryKind.Key => _ring.Keys,
            DirectoryKind.SigningKey => _keyRows.Keys,
            DirectoryKind.Credential => _rows.Keys,
            DirectoryKind.Project => _projects.Keys,
            DirectoryKind.Price => _prices.Ids,
            _ => _revocations.Keys,
        };
        foreach (var gone in known.Where(id => !ids.Contains(id)).ToList())
        {
            Put(kind, gone, null);
        }
    }

    /// <summary>Opens what is sealed and makes the price table, after what has come in.</summary>
    public void Open()
    {
        _prices.Compile();
        if (_isRingStale)
        {
            _protection = openRing([.. _ring.Values]);
            _isRingStale = false;
        }
        if (_areCredentialsStale)
        {
            OpenCredentials();
            _areCredentialsStale = false;
        }
        if (_areSigningKeysStale)
        {
            _signingKeys = StoredSigningKeys.Open(_keyRows.Values, new CredentialVault(_protection!), logger);
            _areSigningKeysStale = false;
        }
    }

    /// <summary>Follows references again; true when one leads to another key than before.</summary>
    public bool FollowReferences()
    {
        if (_protection is null || !StoredCredential.HaveMoved(StoredCredential.Followed(environment, _rows.Values, _credentials), new CredentialVault(_protection)))
        {
            return false;
        }
        OpenCredentials();
        return true;
    }

    private static void Put(SortedDictionary<string, string> texts, string id, string? document)
    {
        texts.Remove(id);
        if (document is not null)
        {
            texts[id] = DirectoryDocuments.ReadText(document);
        }
    }

    private void PutCredential(string id, string? document)
    {
        _rows.Remove(id);
        if (document is null)
        {
            return;
        }
        try
        {
            _rows[id] = DirectoryDocuments.ReadCredential(id, document);
        }
        catch (FormatException e)
        {
            DirectoryLog.UnusableCredential(logger, id, "?", e.Message);
        }
    }

    private void PutSigningKey(string id, string? document)
    {
        _keyRows.Remove(id);
        if (document is null)
        {
            return;
        }
        try
        {
            _keyRows[id] = DirectoryDocuments.ReadSigningKey(id, document);
        }
        catch (FormatException e)
        {
            DirectoryLog.UnusableSigningKey(logger, id, e.Message);
        }
    }

    private ProjectTerms ReadProject(string id, string document)
    {
        try
        {
            return ProjectTerms.Read(DirectoryDocuments.ReadProject(id, document), logger);
        }
        catch (FormatException e)
        {
            return ProjectTerms.Unread(id, e, logger);
        }
    }

    private void OpenCredentials()
    {
        var rows = _rows.Values.OrderBy(row => row.CreatedAt).ThenBy(row => row.Id, StringComparer.Ordinal);
        Volatile.Write(ref _credentials, StoredCredential.OpenAll(environment, rows, _credentials, new CredentialVault(_protection!), logger));
    }
}
