using BitFaster.Caching.Lru;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Gateway.Refusals;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>
/// Proves tokens. What was proved once is remembered by the token's hash, in bounded memory, for as long as the directory does not change: then the
/// grant is looked up anew, which costs no signature check. Unknown tokens are remembered too, shortly, so that a flood of them costs the directory little.
/// </summary>
internal sealed class TokenAuthenticator(
    IDirectory directory, SessionTokenVerifier verifier, GrantFactory grants, QuotaLedger ledger, TokenUses uses, GatewayOptions options, TimeProvider time)
{
    private readonly ConcurrentLru<TokenHash, Entry> _known = new(Environment.ProcessorCount, options.TokenCacheSize, EqualityComparer<TokenHash>.Default);

    /// <summary>Proves the token that the request carries.</summary>
    public async ValueTask<Refusal?> AuthenticateAsync(ProxyRequest request)
    {
        var presented = request.PresentedToken;
        if (presented.Length > TokenHash.MaxTokenBytes)
        {
            return Invalid;
        }
        var hash = TokenHash.Of(presented.Span);
        var now = time.GetUtcNow();
        if (!_known.TryGet(hash, out var entry) || !entry.IsCurrent(directory.Version, now))
        {
            entry = await ResolveAsync(presented, hash, entry, now, request.Context.RequestAborted);
            _known.AddOrUpdate(hash, entry);
        }
        return Judge(entry, now, request);
    }

    private Refusal? Judge(Entry entry, DateTimeOffset now, ProxyRequest request)
    {
        if (entry.Token is not { } token)
        {
            return entry.Failure;
        }
        if (token.Grant.IsRevoked)
        {
            return Revoked;
        }
        if (token.Grant.ExpiresAt <= now)
        {
            return Expired;
        }
        if (token.NoteUse(now))
        {
            uses.Note(token.Grant.TokenId, now);
        }
        request.Token = token;
        return null;
    }

    private async ValueTask<Entry> ResolveAsync(ReadOnlyMemory<char> presented, TokenHash hash, Entry? previous, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Read before the look-ups: a change in between makes the entry stale at once rather than fresh for ever.
        var version = directory.Version;
        if (!LooksLikeJwt(presented.Span))
        {
            var grant = await directory.FindProxyTokenAsync(hash, cancellationToken);
            return grant is null ? Unknown(version, now, Invalid) : Known(version, grant, null);
        }
        var claims = previous?.Claims;
        if (claims is null)
        {
            var verified = await verifier.VerifyAsync(presented.ToString());
            if (verified.Claims is null)
            {
                return Unknown(version, now, verified.IsExpired ? Expired : Invalid with { Message = $"The session token is not valid: {verified.Reason}." });
            }
            claims = verified.Claims;
        }
        var sessionGrant = await grants.FindAsync(claims, hash, cancellationToken);
        return sessionGrant is null ? Unknown(version, now, Invalid) : Known(version, sessionGrant, claims);
    }

    private static bool LooksLikeJwt(ReadOnlySpan<char> token) => token.StartsWith("ey", StringComparison.Ordinal) && token.Contains('.');

    private Entry Known(long version, Grant grant, SessionClaims? claims) =>
        new(version, DateTimeOffset.MaxValue, new AuthenticatedToken(grant, ledger.Bind(grant.Accounts)), claims, null);

    private Entry Unknown(long version, DateTimeOffset now, Refusal failure) =>
        new(version, now.AddSeconds(options.UnknownTokenSeconds), null, null, failure);

    private static readonly Refusal Invalid =
        new(RefusalCode.InvalidToken, "The token is not valid: it is unknown here, malformed or meant for another system. Use a session token or proxy token of this gateway, not a provider's key.") { IsFinal = true };

    private static readonly Refusal Expired = new(RefusalCode.TokenExpired, "The token has expired. Ask for a new one.") { IsFinal = true };

    private static readonly Refusal Revoked = new(RefusalCode.TokenRevoked, "The token has been revoked or disabled.") { IsFinal = true };

    private sealed record Entry(long Version, DateTimeOffset GoodUntil, AuthenticatedToken? Token, SessionClaims? Claims, Refusal? Failure)
    {
        public bool IsCurrent(long version, DateTimeOffset now) => Version == version && now < GoodUntil;
    }
}
