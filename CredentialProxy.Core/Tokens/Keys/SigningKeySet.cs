using System.Collections.Frozen;
using System.Text;

namespace CredentialProxy.Core.Tokens.Keys;

/// <summary>The signing keys that prove tokens at a time. Never changes: a change of the keys makes another set.</summary>
public sealed class SigningKeySet
{
    /// <summary>Most keys in a set.</summary>
    public const int MaxKeys = 32;

    /// <summary>Id of the secret that signed tokens before there were signing keys: it proves those that name no key.</summary>
    public const string WithoutKid = "session-signing-secret";

    private readonly FrozenDictionary<string, SigningKey> _byId;

    /// <summary>Makes one; of more than <see cref="MaxKeys"/> it holds those that begin last.</summary>
    public SigningKeySet(IEnumerable<SigningKey> keys)
    {
        Keys = [.. keys.OrderByDescending(key => key.ActivatesAt).ThenByDescending(key => key.Id, StringComparer.Ordinal).Take(MaxKeys)];
        _byId = Keys.ToFrozenDictionary(key => key.Id, StringComparer.Ordinal);
        PublicKeys = Encoding.UTF8.GetBytes($$"""{"keys":[{{string.Join(',', Keys.Select(key => key.PublicJwk).OfType<string>())}}]}""");
    }

    /// <summary>None.</summary>
    public static SigningKeySet Empty { get; } = new([]);

    /// <summary>The keys, that which begins last first.</summary>
    public IReadOnlyList<SigningKey> Keys { get; }

    /// <summary>What everybody may see, as a JSON Web Key Set (RFC 7517 §5) in UTF-8.</summary>
    public ReadOnlyMemory<byte> PublicKeys { get; }

    /// <summary>The key of this <c>kid</c>; null for one that isn't known.</summary>
    public SigningKey? Find(string kid) => _byId.GetValueOrDefault(kid);

    /// <summary>Ids of keys that are in this set and not in a later one: what they signed has ended.</summary>
    public IEnumerable<string> EndedIn(SigningKeySet later) => Keys.Select(key => key.Id).Where(id => later.Find(id) is null);
}
