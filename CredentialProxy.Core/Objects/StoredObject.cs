namespace CredentialProxy.Core.Objects;

/// <summary>An object that a provider stores.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Kind">The name of its kind.</param>
/// <param name="Id">Its id; the last segment of it where the provider names objects by paths.</param>
public readonly record struct StoredObject(string Provider, string Kind, string Id)
{
    /// <summary>Longer ids are none that a provider gives.</summary>
    public const int MaxIdLength = 512;
}
