namespace CredentialProxy.Core.Storage;

/// <summary>A <see cref="Objects.StoredObject"/> and whose it is. The owner comes first in the key, so that looking for another's object finds as much as looking for none.</summary>
public sealed class ObjectRow
{
    /// <summary>The owner: <c>project:…</c> or <c>token:…</c>.</summary>
    public required string Owner { get; set; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; set; }

    /// <summary>Name of the object's kind.</summary>
    public required string Kind { get; set; }

    /// <summary>The object's id.</summary>
    public required string Id { get; set; }

    /// <summary>When it was remembered.</summary>
    public required DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it is forgotten.</summary>
    public required DateTimeOffset ExpiresAt { get; set; }
}
