namespace CredentialProxy.Core.Objects;

/// <summary>
/// Remembers who made which stored object. An owner asks about its own objects only, and another's is to it as if there were none: in the answer, and in the way to it.
/// </summary>
public interface IObjectOwners
{
    /// <summary>Whether an object belongs to an owner.</summary>
    ValueTask<bool> OwnsAsync(string owner, StoredObject stored, CancellationToken cancellationToken);

    /// <summary>Notes that objects belong to an owner; when it completes, a crash forgets none of them. What belongs to another already stays that one's alone.</summary>
    /// <exception cref="ObjectOwnersUnavailableException">They could not be written.</exception>
    ValueTask RememberAsync(string owner, IReadOnlyList<OwnedObject> objects, CancellationToken cancellationToken);

    /// <summary>Forgets an object of an owner.</summary>
    /// <exception cref="ObjectOwnersUnavailableException">It could not be written.</exception>
    ValueTask ForgetAsync(string owner, StoredObject stored, CancellationToken cancellationToken);
}

/// <summary>An object to be remembered.</summary>
/// <param name="Stored">The object.</param>
/// <param name="KeptDays">For how many days; 0 for as long as the setting says.</param>
public readonly record struct OwnedObject(StoredObject Stored, int KeptDays);
