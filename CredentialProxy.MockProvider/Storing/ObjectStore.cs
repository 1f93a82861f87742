using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace CredentialProxy.MockProvider.Storing;

/// <summary>What has been stored, by collection: one account's, so that every key sees all of it, as with the real ones.</summary>
internal sealed class ObjectStore
{
    /// <summary>Of more, further ones are made but not kept.</summary>
    private const int MaxKept = 10_000;

    private readonly ConcurrentDictionary<(string Collection, string Id), JsonObject> _kept = new();

    public void Add(string collection, string id, JsonObject stored)
    {
        if (_kept.Count < MaxKept)
        {
            _kept[(collection, id)] = stored;
        }
    }

    /// <summary>A copy of an object; null for none.</summary>
    public JsonObject? Find(string collection, string id) => (JsonObject?)_kept.GetValueOrDefault((collection, id))?.DeepClone();

    public bool Remove(string collection, string id) => _kept.TryRemove((collection, id), out _);

    public JsonArray List(string collection) => [.. _kept.Where(entry => entry.Key.Collection == collection).Select(entry => entry.Value.DeepClone())];
}
