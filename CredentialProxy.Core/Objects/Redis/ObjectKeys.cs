using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace CredentialProxy.Core.Objects.Redis;

/// <summary>
/// What is kept of objects is called by hashes of their names: an owner's name may be anything that an issuer of tokens writes. Whose an object is and that it is somebody's are two keys, so that looking for
/// another's object finds as much as looking for none. All are of one slot, since a script may not span two.
/// </summary>
internal sealed class ObjectKeys(string name)
{
    private readonly string _prefix = name + ":{objects}:";

    /// <summary>Names these owners: another one means that they were lost. While they are rebuilt it has a word in front.</summary>
    public RedisKey Epoch => _prefix + "epoch";

    /// <summary>When rebuilding began, while it is under way.</summary>
    public RedisKey Began => _prefix + "rebuilding";

    /// <summary>When they were last opened.</summary>
    public RedisKey Opened => _prefix + "opened";

    /// <summary>Never there: scripts that accounts share with owners look for holders of leases.</summary>
    public RedisKey Holders => _prefix + "holders";

    /// <summary>The stream of changes that Postgres has not got.</summary>
    public RedisKey Changes => _prefix + "changes";

    /// <summary>The stream of what came through that one and could not be read.</summary>
    public RedisKey DeadLetters => _prefix + "unreadable";

    /// <summary>What the keys of objects and owners look like.</summary>
    public IReadOnlyList<RedisValue> AnyOwned => [_prefix + "all:*", _prefix + "claim:*", _prefix + "owned:*"];

    /// <summary>The number of the last change of a process.</summary>
    public RedisKey Number(string instance) => _prefix + "number:" + instance;

    /// <summary>The objects of an owner, by age.</summary>
    public RedisKey AllOf(string owner) => _prefix + "all:" + Hash(owner);

    /// <summary>Whose an object is.</summary>
    public RedisKey Claim(StoredObject stored) => _prefix + "claim:" + Hash(stored.Provider, stored.Kind, stored.Id);

    /// <summary>That an object is this owner's, and until when.</summary>
    public RedisKey Owned(string owner, StoredObject stored) => _prefix + "owned:" + Hash(owner, stored.Provider, stored.Kind, stored.Id);

    // Lengths before the parts, so that no two lists of parts have one text.
    private static string Hash(params ReadOnlySpan<string> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            text.Append(part.Length).Append(':').Append(part);
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
