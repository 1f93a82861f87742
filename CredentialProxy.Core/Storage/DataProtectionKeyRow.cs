namespace CredentialProxy.Core.Storage;

/// <summary>An element of the key ring that seals secrets: one of its keys, wrapped, or the revocation of some.</summary>
public sealed class DataProtectionKeyRow
{
    /// <summary>Name, which holds the key's id.</summary>
    public required string Name { get; set; }

    /// <summary>The element as XML; what is secret in it is wrapped with a master key or certificate that is not in the database.</summary>
    public required string Xml { get; set; }

    /// <summary>When it was added.</summary>
    public required DateTimeOffset CreatedAt { get; set; }
}
