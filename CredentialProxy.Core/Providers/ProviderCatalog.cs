using System.Collections.Frozen;

namespace CredentialProxy.Core.Providers;

/// <summary>All providers of this installation, by name.</summary>
public sealed class ProviderCatalog
{
    private readonly FrozenDictionary<string, Provider> _byName;
    private readonly FrozenDictionary<string, Provider>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    /// <summary>Builds the catalog.</summary>
    public ProviderCatalog(IEnumerable<Provider> providers)
    {
        _byName = providers.ToFrozenDictionary(provider => provider.Name, StringComparer.Ordinal);
        _bySpan = _byName.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Every provider.</summary>
    public IEnumerable<Provider> All => _byName.Values;

    /// <summary>Every name, sorted.</summary>
    public IEnumerable<string> Names => _byName.Keys.Order(StringComparer.Ordinal);

    /// <summary>Whether there is a provider of this name.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>The provider of this name; null for none.</summary>
    public Provider? Find(ReadOnlySpan<char> name) => _bySpan.TryGetValue(name, out var provider) ? provider : null;
}
