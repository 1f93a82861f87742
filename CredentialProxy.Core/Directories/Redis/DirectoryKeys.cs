using StackExchange.Redis;

namespace CredentialProxy.Core.Directories.Redis;

/// <summary>What the directory is called in Redis. One hash tag, so that a script may touch all of it on one node of a cluster.</summary>
internal sealed class DirectoryKeys
{
    // In the order of DirectoryKind.
    private static readonly string[] Names = ["keys", "signing-keys", "projects", "credentials", "revocations", "tokens", "hashes", "prices"];

    private readonly RedisKey[] _kinds;

    public DirectoryKeys(string name)
    {
        var prefix = name + ":{directory}:";
        _kinds = [.. Names.Select(kind => (RedisKey)(prefix + kind))];
        (Fence, Version, Mark, Sequence, Changes, Compared) = (prefix + "fence", prefix + "version", prefix + "mark", prefix + "sequence", prefix + "changes", prefix + "compared");
        Channel = RedisChannel.Literal(prefix + "changed");
    }

    /// <summary>The newest projection that has begun: no older one may write any more.</summary>
    public RedisKey Fence { get; }

    /// <summary>The newest projection that is complete.</summary>
    public RedisKey Version { get; }

    /// <summary>Names this directory: without one it is lost or not there yet, and another one means that everything has to be read anew.</summary>
    public RedisKey Mark { get; }

    /// <summary>Number of the log's last entry.</summary>
    public RedisKey Sequence { get; }

    /// <summary>The log of changes, a stream.</summary>
    public RedisKey Changes { get; }

    /// <summary>There while no new comparison is due.</summary>
    public RedisKey Compared { get; }

    /// <summary>Where a change is announced.</summary>
    public RedisChannel Channel { get; }

    /// <summary>All objects of a kind, a hash of documents.</summary>
    public RedisKey Of(DirectoryKind kind) => _kinds[(int)kind];

    /// <summary>What the script that writes is told.</summary>
    public RedisKey[] ForWriting => [Fence, Version, Mark, Sequence, Changes, .. _kinds];
}
