using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace CredentialProxy.Core.Objects.Redis;

/// <summary>
/// What is kept of objects is called by hashes of their names: an owner's name may be anything that an issuer of tokens writes. Whose an object is and that it is somebody's are two keys, so that looking for
/// another's object finds as much as looking for none.
/// </summary>
internal sealed class ObjectKeys(string name)
{
    private readonly string _prefix = name + ":{objects}:";

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
