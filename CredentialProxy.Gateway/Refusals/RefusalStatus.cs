using CredentialProxy.Core.Judging;

namespace CredentialProxy.Gateway.Refusals;

/// <summary>The one place that says how a code looks from outside.</summary>
internal static class RefusalStatus
{
    /// <summary>The HTTP status.</summary>
    public static int StatusOf(RefusalCode code) => code switch
    {
        RefusalCode.InvalidRequestTarget or RefusalCode.ConflictingTokens or RefusalCode.RouteProviderMismatch
            or RefusalCode.InvalidRequestBody => StatusCodes.Status400BadRequest,
        RefusalCode.MissingAuthorization or RefusalCode.InvalidToken or RefusalCode.TokenExpired or RefusalCode.TokenRevoked => StatusCodes.Status401Unauthorized,
        RefusalCode.ProviderNotAllowed or RefusalCode.EndpointNotAllowed or RefusalCode.AddressNotAllowed or RefusalCode.OriginNotAllowed
            or RefusalCode.ModelNotAllowed or RefusalCode.UnmeteredEndpoint or RefusalCode.UnmeteredFeature or RefusalCode.FeatureNotAllowed => StatusCodes.Status403Forbidden,
        RefusalCode.ObjectNotFound => StatusCodes.Status404NotFound,
        RefusalCode.RequestTimeout => StatusCodes.Status408RequestTimeout,
        RefusalCode.RequestTooLarge => StatusCodes.Status413PayloadTooLarge,
        RefusalCode.UnsupportedContentEncoding => StatusCodes.Status415UnsupportedMediaType,
        // A client that would rather have a WebSocket (Codex) goes on over HTTP after this status alone; it gives up after any other 4xx.
        RefusalCode.UpgradeNotSupported => StatusCodes.Status426UpgradeRequired,
        RefusalCode.BudgetExceeded or RefusalCode.RateLimitExceeded or RefusalCode.ConcurrencyLimitExceeded or RefusalCode.TooManyFailures => StatusCodes.Status429TooManyRequests,
        RefusalCode.Overloaded or RefusalCode.AccountsUnavailable or RefusalCode.GatewayStopping => StatusCodes.Status503ServiceUnavailable,
        RefusalCode.CredentialUnavailable or RefusalCode.UpstreamUnavailable => StatusCodes.Status502BadGateway,
        RefusalCode.UpstreamTimeout => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };
}
