namespace CredentialProxy.Admin.Storage;

/// <summary>How far the changes of a process to owners of stored objects are kept. What comes again is known by it; and when Redis has a lower number, it has forgotten something.</summary>
internal sealed class ObjectNumberRow
{
    /// <summary>The process, as long as it lives.</summary>
    public required string Instance { get; set; }

    /// <summary>The number of its last change.</summary>
    public long Number { get; set; }

    /// <summary>When a change of it was last kept, in Unix milliseconds.</summary>
    public long SeenAt { get; set; }
}
