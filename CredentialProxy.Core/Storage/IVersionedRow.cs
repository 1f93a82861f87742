namespace CredentialProxy.Core.Storage;

/// <summary>A row that operators change: each change of it raises its version, and one that was made to an older version is refused.</summary>
public interface IVersionedRow
{
    /// <summary>The object's id.</summary>
    string Id { get; }

    /// <summary>When it was made.</summary>
    DateTimeOffset CreatedAt { get; }

    /// <summary>Number of changes, 0 when it is made.</summary>
    long Version { get; set; }
}
