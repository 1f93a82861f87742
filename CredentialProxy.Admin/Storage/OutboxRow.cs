using CredentialProxy.Core.Directories.Redis;

namespace CredentialProxy.Admin.Storage;

/// <summary>Says that an object of the directory has changed; written with the change itself, and gone when the directory in Redis has it.</summary>
internal sealed class OutboxRow
{
    /// <summary>Rising number. Changes that are made at once may be committed in another order.</summary>
    public long Id { get; set; }

    /// <summary>The object's kind.</summary>
    public required DirectoryKind Kind { get; set; }

    /// <summary>The object's id.</summary>
    public required string ObjectId { get; set; }
}
