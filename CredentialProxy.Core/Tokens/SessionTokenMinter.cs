using CredentialProxy.Core.Tokens.Keys;

namespace CredentialProxy.Core.Tokens;

/// <summary>What a session token that stands on its own claims is minted from.</summary>
public sealed record SessionTokenRequest
{
    /// <summary>The workspace, 1 to 256 characters.</summary>
    public required string Subject { get; init; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>Id or label of the credential to use; null for any.</summary>
    public string? CredentialId { get; init; }

    /// <summary>Budget of the workspace in tokens, at least 0; null for none.</summary>
    public long? Budget { get; init; }

    /// <summary>Lifetime; null for the default.</summary>
    public TimeSpan? Lifetime { get; init; }
}

/// <summary>Mints session tokens. What it mints its verifier accepts: anything else is an error here, not at the first use.</summary>
public sealed class SessionTokenMinter(SessionTokenOptions options, TimeProvider time)
{
    private const int MaxLength = 256;

    private readonly TokenSigner? _shared = options.Secret is { } secret ? TokenSigner.OfShared(secret) : null;

    /// <summary>Whether it has a secret that other systems share, so that it can sign without a signing key.</summary>
    public bool HasSharedSecret => _shared is not null;

    /// <summary>Mints a token that carries its own grant, as other systems that share the secret mint it.</summary>
    /// <param name="request">What it grants.</param>
    /// <param name="id">Its <c>jti</c>, 1 to 256 characters.</param>
    /// <param name="signer">The signing key; null for the shared secret.</param>
    /// <exception cref="ArgumentException">The request is one that no verifier would accept; the message says why.</exception>
    /// <exception cref="InvalidOperationException">There is neither a signing key nor a shared secret.</exception>
    public string Mint(SessionTokenRequest request, string id, TokenSigner? signer = null)
    {
        if (request.Provider.Length is 0 or > MaxLength)
        {
            throw new ArgumentException("'provider' must name a provider in 1 to 256 characters.", nameof(request));
        }
        if (request.CredentialId is { Length: > MaxLength })
        {
            throw new ArgumentException("'credentialId' must have at most 256 characters.", nameof(request));
        }
        if (request.Budget is < 0 or > Limits.Limit.MaxAmount)
        {
            throw new ArgumentException("'budget' must be a whole number of tokens, at least 0.", nameof(request));
        }
        var claims = new Dictionary<string, object> { ["provider"] = request.Provider };
        if (request.CredentialId is { Length: > 0 } credentialId)
        {
            claims["credentialId"] = credentialId;
        }
        if (request.Budget is { } budget)
        {
            claims["budget"] = budget;
        }
        return Sign(claims, request.Subject, id, time.GetUtcNow() + CheckLifetime(request.Lifetime), signer);
    }

    /// <summary>Mints a token whose grant is kept here under <paramref name="id"/>.</summary>
    /// <param name="id">Its <c>jti</c>, 1 to 256 characters.</param>
    /// <param name="subject">Its <c>sub</c>, 1 to 256 characters.</param>
    /// <param name="expiresAt">When it ends.</param>
    /// <param name="signer">The signing key; null for the shared secret.</param>
    /// <exception cref="ArgumentException">It would live too long or not at all, or its id or subject is one that no verifier would accept.</exception>
    /// <exception cref="InvalidOperationException">There is neither a signing key nor a shared secret.</exception>
    public string MintStored(string id, string subject, DateTimeOffset expiresAt, TokenSigner? signer = null)
    {
        CheckLifetime(expiresAt - time.GetUtcNow());
        return Sign(new Dictionary<string, object> { ["iss"] = SessionTokenOptions.Issuer }, subject, id, expiresAt, signer);
    }

    /// <summary>The lifetime, or the default for none.</summary>
    /// <exception cref="ArgumentException">It is below a second, or too long.</exception>
    public TimeSpan CheckLifetime(TimeSpan? lifetime)
    {
        var asked = lifetime ?? TimeSpan.FromSeconds(options.DefaultLifetimeSeconds);
        return asked >= TimeSpan.FromSeconds(1) && asked <= TimeSpan.FromSeconds(options.MaxLifetimeSeconds)
            ? asked
            : throw new ArgumentException($"A session token lives from 1 to {options.MaxLifetimeSeconds} seconds.", nameof(lifetime));
    }

    private string Sign(Dictionary<string, object> claims, string subject, string id, DateTimeOffset expiresAt, TokenSigner? signer)
    {
        if (subject.Length is 0 or > MaxLength || id.Length is 0 or > MaxLength)
        {
            throw new ArgumentException("'sub' and 'jti' must have 1 to 256 characters.");
        }
        claims["sub"] = subject;
        claims["aud"] = SessionTokenOptions.Audience;
        claims["jti"] = id;
        claims["iat"] = time.GetUtcNow().ToUnixTimeSeconds();
        claims["exp"] = expiresAt.ToUnixTimeSeconds();
        return (signer ?? _shared ?? throw new InvalidOperationException("There is nothing to sign session tokens with.")).Sign(claims);
    }
}
