namespace CredentialProxy.Core.Judging;

/// <summary>Why we answer instead of the provider. Stable: clients and operators rely on the snake-case form of each name.</summary>
public enum RefusalCode
{
    /// <summary>400: the request target is not one we forward.</summary>
    InvalidRequestTarget,

    /// <summary>426: an upgrade to another protocol, on an endpoint that has none.</summary>
    UpgradeNotSupported,

    /// <summary>401: no token in any slot.</summary>
    MissingAuthorization,

    /// <summary>400: different tokens in different slots.</summary>
    ConflictingTokens,

    /// <summary>401: the token is malformed, forged, foreign or unknown.</summary>
    InvalidToken,

    /// <summary>401: the token has expired.</summary>
    TokenExpired,

    /// <summary>401: the token has been revoked or disabled.</summary>
    TokenRevoked,

    /// <summary>400: the path is another provider's than the token's.</summary>
    RouteProviderMismatch,

    /// <summary>403: the token may not use this provider.</summary>
    ProviderNotAllowed,

    /// <summary>403: the provider's API has no such endpoint for us, or the token may not call it.</summary>
    EndpointNotAllowed,

    /// <summary>403: the token may not be used from this address.</summary>
    AddressNotAllowed,

    /// <summary>403: the token may not be used from this browser origin.</summary>
    OriginNotAllowed,

    /// <summary>403: the token may not use this model.</summary>
    ModelNotAllowed,

    /// <summary>403: what this endpoint costs can't be metered, and the token has a limit in tokens or dollars.</summary>
    UnmeteredEndpoint,

    /// <summary>403: the request asks for something whose cost can't be bounded, and the token has a limit in tokens or dollars.</summary>
    UnmeteredFeature,

    /// <summary>403: the request asks for something that the token must be granted by name and is not.</summary>
    FeatureNotAllowed,

    /// <summary>404: the request names a stored object that is not there, or is another's.</summary>
    ObjectNotFound,

    /// <summary>400: the body can't be read or a field of it makes no sense.</summary>
    InvalidRequestBody,

    /// <summary>413: the body is larger than is taken.</summary>
    RequestTooLarge,

    /// <summary>415: the body is encoded in a way we don't read.</summary>
    UnsupportedContentEncoding,

    /// <summary>408: the body did not arrive in time.</summary>
    RequestTimeout,

    /// <summary>429: the worst case of the request does not fit a limit in tokens or dollars.</summary>
    BudgetExceeded,

    /// <summary>429: a limit in a minute or second, or on requests, is used up.</summary>
    RateLimitExceeded,

    /// <summary>429: too many requests of this token are open.</summary>
    ConcurrencyLimitExceeded,

    /// <summary>429: too many tokens that prove nothing came from the client's address.</summary>
    TooManyFailures,

    /// <summary>503: the gateway has as much under way as it may.</summary>
    Overloaded,

    /// <summary>503: the accounts can't be written, so nothing may be spent; or it can't be found out whether the token is valid.</summary>
    AccountsUnavailable,

    /// <summary>503: the gateway was stopped while the request ran, which had had its time to end.</summary>
    GatewayStopping,

    /// <summary>502: there is no credential for this provider, or the one the token names is not there.</summary>
    CredentialUnavailable,

    /// <summary>502: the upstream can't be reached or broke off before it answered.</summary>
    UpstreamUnavailable,

    /// <summary>504: the upstream did not answer in time.</summary>
    UpstreamTimeout,

    /// <summary>500: a fault of ours.</summary>
    InternalError,
}
