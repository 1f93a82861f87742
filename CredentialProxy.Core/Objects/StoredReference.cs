namespace CredentialProxy.Core.Objects;

/// <summary>A stored object that a request's body names.</summary>
/// <param name="Kind">The object's kind.</param>
/// <param name="Id">Its id, as it is remembered.</param>
/// <param name="Field">The member that names it.</param>
public readonly record struct StoredReference(ObjectKind Kind, string Id, string Field);
