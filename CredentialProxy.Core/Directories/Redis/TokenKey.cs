using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Core.Directories.Redis;

/// <summary>What a token is looked up by: a proxy token by its hash, a session token by its id.</summary>
internal readonly record struct TokenKey(TokenHash Hash, string? Id)
{
    public static TokenKey Of(TokenHash hash) => new(hash, null);

    public static TokenKey Of(string id) => new(default, id);
}
