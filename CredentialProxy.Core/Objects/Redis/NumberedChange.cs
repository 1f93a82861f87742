using CredentialProxy.Core.Limits.Redis.Recovery;

namespace CredentialProxy.Core.Objects.Redis;

/// <summary>A change of one object's owner, under the number that the process which makes it has given it.</summary>
internal sealed class NumberedChange(long number, string owner, StoredObject stored, long since, long ends)
{
    public long Number => number;

    public string Owner => owner;

    public StoredObject Stored => stored;

    /// <summary>Since when it is the owner's, in Unix milliseconds.</summary>
    public long Since => since;

    /// <summary>When it is forgotten, in Unix milliseconds; 0 for at once.</summary>
    public long Ends { get; private set; } = ends;

    /// <summary>The last entry of the stream that may hold it.</summary>
    public StreamPlace Place { get; set; }

    /// <summary>Makes it one that changes nothing: the object was another's, and must not become this owner's when it is said again.</summary>
    public void Void() => Ends = 0;
}
