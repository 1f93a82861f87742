namespace CredentialProxy.Core.Objects.Redis;

/// <summary>Changes that somebody waits for; none, where it is only to be known whether Redis still has those before.</summary>
internal sealed record WaitingChange(string Owner, IReadOnlyList<WaitingChange.Row> Rows, long Since)
{
    private static readonly Row[] None = [];

    /// <summary>Ends when Redis has them, or can't be asked.</summary>
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The objects among them that were somebody else's already. Complete before it is done.</summary>
    public HashSet<StoredObject> Taken { get; } = [];

    /// <summary>One of no changes.</summary>
    public static WaitingChange Look() => new("", None, 0);

    /// <summary>An object, and until when it is remembered; 0 for one that is forgotten.</summary>
    public readonly record struct Row(StoredObject Stored, long Ends);
}
