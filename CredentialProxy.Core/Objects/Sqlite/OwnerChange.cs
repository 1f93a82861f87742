namespace CredentialProxy.Core.Objects.Sqlite;

/// <summary>A change that waits for the writer.</summary>
internal sealed record OwnerChange(string Owner, OwnerChange.Row[] Rows, long Time)
{
    /// <summary>Ends when the change is on the disk, or nothing of it is.</summary>
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The objects among them that were somebody else's already; null for none. Set before it is done.</summary>
    public HashSet<StoredObject>? Taken { get; set; }

    /// <summary>An object, and until when it is remembered; 0 for one that is forgotten.</summary>
    public readonly record struct Row(StoredObject Stored, long ExpiresAt);
}
