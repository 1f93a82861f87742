using System.Collections.Immutable;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Objects;

namespace CredentialProxy.Core.Grants;

/// <summary>How a token proves itself.</summary>
public enum TokenKind
{
    /// <summary>A signed JWT.</summary>
    Session,

    /// <summary>An opaque <c>ptk_…</c> token, known by its hash.</summary>
    Proxy,
}

/// <summary>What a verified token may do, and on which accounts. Immutable; a change to a token makes a new grant.</summary>
public sealed class Grant
{
    /// <summary>The token's id: the <c>jti</c> of a session token, the <c>tok_…</c> id of a proxy token. Never the token.</summary>
    public required string TokenId { get; init; }

    /// <summary>How the token proves itself.</summary>
    public required TokenKind Kind { get; init; }

    /// <summary>The project or workspace, null for none.</summary>
    public string? ProjectId { get; init; }

    /// <summary>Whether an operator has disabled or revoked the token.</summary>
    public bool IsRevoked { get; init; }

    /// <summary>When the token ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What the token may reach.</summary>
    public required Scope Scope { get; init; }

    /// <summary>The credential that must be used; null for any of the provider's pool.</summary>
    public string? CredentialId { get; init; }

    /// <summary>The provider meant by a path that does not tell; null for none.</summary>
    public string? DefaultProvider { get; init; }

    /// <summary>Whose the objects are that are stored with it: the project's, so that its tokens share them; the token's own where it has no project.</summary>
    public string Owner => ProjectId is { } project ? ObjectOwner.Project(project) : ObjectOwner.Token(TokenId);

    /// <summary>Whether it sets a limit in tokens or dollars, so that nothing unmetered may be reached with it.</summary>
    public bool IsSpendLimited { get; private init; }

    /// <summary>Whether it holds the token to something: to a spending, to models or to endpoints. What leaves the provider's house is then off unless it is granted.</summary>
    public bool IsNarrowed => IsSpendLimited || !Scope.Models.IsEmpty || !Scope.Endpoints.IsEmpty;

    /// <summary>The accounts that every request is charged to, with their limits. The credential's own account comes on top.</summary>
    public ImmutableArray<AccountLimits> Accounts
    {
        get;
        init
        {
            field = value;
            IsSpendLimited = value.SelectMany(account => account.Limits).Any(limit => limit is { IsBounded: true, Unit: LimitUnit.Tokens or LimitUnit.Usd });
        }
    } = [];
}
