using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

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

    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly SigningCredentials _signing = new(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(options.Secret.Reveal())), SecurityAlgorithms.HmacSha256);

    /// <summary>Mints a token that carries its own grant, as other systems that share the secret mint it.</summary>
    /// <exception cref="ArgumentException">The request is one that no verifier would accept; the message says why.</exception>
    public string Mint(SessionTokenRequest request, string id)
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
        return Sign(claims, request.Subject, id, time.GetUtcNow() + CheckLifetime(request.Lifetime));
    }

    /// <summary>Mints a token whose grant is kept here under <paramref name="id"/>.</summary>
    /// <exception cref="ArgumentException">It would live too long or not at all, or its id or subject is one that no verifier would accept.</exception>
    public string MintStored(string id, string subject, DateTimeOffset expiresAt)
    {
        CheckLifetime(expiresAt - time.GetUtcNow());
        return Sign(new Dictionary<string, object> { ["iss"] = SessionTokenOptions.Issuer }, subject, id, expiresAt);
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

    private string Sign(Dictionary<string, object> claims, string subject, string id, DateTimeOffset expiresAt)
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
        return _handler.CreateToken(new SecurityTokenDescriptor { Claims = claims, SigningCredentials = _signing });
    }
}
