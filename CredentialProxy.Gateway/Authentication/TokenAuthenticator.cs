using BitFaster.Caching.Lru;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Gateway.Admitting;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>
/// Proves tokens. What was proved once is remembered by the token's hash, in bounded memory, for as long as the directory does not change: then the
/// grant is looked up anew, which costs no signature check. Tokens that prove nothing are remembered apart, shortly, and an address that sends many of them has to
/// wait: neither a flood of them nor the cost of looking at them touches tokens that are known.
/// </summary>
internal sealed class TokenAuthenticator(
    IDirectory directory, SessionTokenVerifier verifier, GrantFactory grants, QuotaLedger ledger, FailedTokens failures, GatewayOptions options, TimeProvider time, TokenUses? uses = null)
{
    private readonly ConcurrentLru<TokenHash, KnownToken> _known = new(Environment.ProcessorCount, options.TokenCacheSize, EqualityComparer<TokenHash>.Default);
    private readonly ConcurrentLru<TokenHash, UnknownToken> _unknown = new(Environment.ProcessorCount, options.UnknownTokenCacheSize, EqualityComparer<TokenHash>.Default);

    /// <summary>Tokens remembered as proved.</summary>
    internal int KnownCount => _known.Count;

    /// <summary>Tokens remembered as unknown.</summary>
    internal int UnknownCount => _unknown.Count;

    // Apart from what is known of a token: requests that prove it at the same time must count in one load, not each in its own.
    private readonly ConcurrentLru<TokenHash, Load> _loads = new(Environment.ProcessorCount, options.TokenCacheSize, EqualityComparer<TokenHash>.Default);

    /// <summary>Proves the token that the request carries.</summary>
    public async ValueTask<Refusal?> AuthenticateAsync(ProxyRequest request)
    {
        var presented = request.PresentedToken;
        // No token of ours is longer or has other characters; what looks like one of another system is not worth a hash.
        if (presented.Length > TokenHash.MaxTokenBytes || presented.Span.ContainsAnyExceptInRange('!', '~'))
        {
            return Invalid;
        }
        var hash = TokenHash.Of(presented.Span);
        var now = time.GetUtcNow();
        var version = directory.Version;
        request.DirectoryVersion = version;
        if (!_known.TryGet(hash, out var known) || known.Version != version || known.Keys != (known.Token.Claims is null ? null : verifier.Keys))
        {
            if (known is null && RefuseUnseen(request, hash, version, now) is { } refusal)
            {
                return refusal;
            }
            // The version is from before the look-ups: a change in between makes the entry stale at once rather than fresh for ever.
            (known, var failure) = await TryResolveAsync(presented, hash, known, version, request.Context.RequestAborted);
            if (known is null)
            {
                // Not remembered: nothing is known of it, not even that it is unknown.
                return failure == Unavailable ? failure : Remember(request, hash, new UnknownToken(version, now.AddSeconds(options.UnknownTokenSeconds), failure!));
            }
        }
        return Judge(known.Token, now, request);
    }

    private static Refusal? Judge(AuthenticatedToken token, DateTimeOffset now)
    {
        if (token.Grant.IsRevoked)
        {
            return Revoked;
        }
        return token.Grant.ExpiresAt <= now ? Expired : null;
    }

    private Refusal? Judge(AuthenticatedToken token, DateTimeOffset now, ProxyRequest request)
    {
        if (Judge(token, now) is { } refusal)
        {
            return refusal;
        }
        if (token.NoteUse(now))
        {
            uses?.Note(token.Grant.TokenId, now);
        }
        request.Token = token;
        return null;
    }

    // What can be said of a token that is not among the known without looking at it.
    private Refusal? RefuseUnseen(ProxyRequest request, TokenHash hash, long version, DateTimeOffset now) =>
        _unknown.TryGet(hash, out var unknown) && unknown.Version == version && now < unknown.GoodUntil
            ? unknown.Failure
            : failures.Refuse(request.Context, hash);

    private Refusal Remember(ProxyRequest request, TokenHash hash, UnknownToken unknown)
    {
        _known.TryRemove(hash);
        _unknown.AddOrUpdate(hash, unknown);
        failures.Note(request.Context);
        return unknown.Failure;
    }

    private async ValueTask<(KnownToken? Known, Refusal? Failure)> TryResolveAsync(
        ReadOnlyMemory<char> presented, TokenHash hash, KnownToken? previous, long version, CancellationToken cancellationToken)
    {
        try
        {
            return await ResolveAsync(presented, hash, previous, version, cancellationToken);
        }
        catch (DirectoryUnavailableException)
        {
            return (null, Unavailable);
        }
    }

    private async ValueTask<(KnownToken? Known, Refusal? Failure)> ResolveAsync(
        ReadOnlyMemory<char> presented, TokenHash hash, KnownToken? previous, long version, CancellationToken cancellationToken)
    {
        if (!LooksLikeJwt(presented.Span))
        {
            var grant = await directory.FindProxyTokenAsync(hash, cancellationToken);
            return grant is null ? (null, Invalid) : (Remember(hash, grant, previous, null, null, version), null);
        }
        // What was proved by keys of which one may have been retired is proved anew.
        var keys = verifier.Keys;
        var claims = previous?.Keys == keys ? previous.Token.Claims : null;
        if (claims is null)
        {
            if (!verifier.IsReady)
            {
                return (null, Unavailable);
            }
            var verified = await verifier.VerifyAsync(presented.ToString(), keys);
            if (verified.Claims is null)
            {
                return (null, verified.IsExpired ? Expired : Invalid with { Message = $"The session token is not valid: {verified.Reason}." });
            }
            claims = verified.Claims;
        }
        var sessionGrant = await grants.FindAsync(claims, hash, cancellationToken);
        return sessionGrant is null ? (null, Invalid) : (Remember(hash, sessionGrant, previous, claims, keys, version), null);
    }

    private static bool LooksLikeJwt(ReadOnlySpan<char> token) => token.StartsWith("ey", StringComparison.Ordinal) && token.Contains('.');

    private KnownToken Remember(TokenHash hash, Grant grant, KnownToken? previous, SessionClaims? claims, SigningKeySet? keys, long version)
    {
        var load = previous?.Token.Load ?? _loads.GetOrAdd(hash, static _ => new Load());
        var known = new KnownToken(version, new AuthenticatedToken(grant, ledger.Bind(grant.Accounts), load, hash, claims), keys);
        _known.AddOrUpdate(hash, known);
        return known;
    }

    private static readonly Refusal Invalid =
        new(RefusalCode.InvalidToken, "The token is not valid: it is unknown here, malformed or meant for another system. Use a session token or proxy token of this gateway, not a provider's key.") { IsFinal = true };

    private static readonly Refusal Expired = new(RefusalCode.TokenExpired, "The token has expired. Ask for a new one.") { IsFinal = true };

    private static readonly Refusal Revoked = new(RefusalCode.TokenRevoked, "The token has been revoked or disabled.") { IsFinal = true };

    private static readonly Refusal Unavailable = new(RefusalCode.AccountsUnavailable, "Whether this token is valid can't be found out at the moment; try again in a second.") { RetryAfter = TimeSpan.FromSeconds(1) };

    private sealed record KnownToken(long Version, AuthenticatedToken Token, SigningKeySet? Keys);

    private sealed record UnknownToken(long Version, DateTimeOffset GoodUntil, Refusal Failure);
}
