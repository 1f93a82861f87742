using CredentialProxy.Core.Judging;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>Tells what it means that a call to a provider failed.</summary>
internal static class UpstreamFailure
{
    /// <summary>The answer came in a coding that neither we nor, by its own word, the client can read.</summary>
    public static Refusal Unreadable { get; } = new(RefusalCode.UpstreamUnavailable, "The provider's answer is encoded in a way that was not asked for.");

    /// <summary>What the client is told.</summary>
    public static Refusal Explain(EndReason reason, Exception? cause) => reason switch
    {
        EndReason.FirstByteTimeout => new Refusal(RefusalCode.UpstreamTimeout, "The provider did not begin to answer in time."),
        EndReason.IdleTimeout => new Refusal(RefusalCode.UpstreamTimeout, "The provider's answer fell silent for too long."),
        EndReason.RequestTimeout => new Refusal(RefusalCode.UpstreamTimeout, "The request took longer than any request may."),
        EndReason.TokenRevoked => new Refusal(RefusalCode.TokenRevoked, "The token was revoked while the request ran.") { IsFinal = true },
        EndReason.TokenExpired => new Refusal(RefusalCode.TokenExpired, "The token expired while the request ran.") { IsFinal = true },
        EndReason.Stopping => new Refusal(RefusalCode.GatewayStopping, "The gateway was stopped while the request ran. Another one, or its next start, takes it again."),
        EndReason.LimitSpent => new Refusal(RefusalCode.BudgetExceeded, "A limit that the request is charged to was lowered, or was found spent, while the request ran.") { IsFinal = true },
        _ when IsConnectTimeout(cause) => new Refusal(RefusalCode.UpstreamTimeout, "The provider could not be connected to in time."),
        _ => new Refusal(RefusalCode.UpstreamUnavailable, "The provider can't be reached or broke off its answer."),
    };

    /// <summary>Whether no connection was made, so that nothing can have been sent.</summary>
    public static bool IsBeforeSending(Exception? cause) => IsConnectTimeout(cause) || cause is HttpRequestException
    {
        HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError or HttpRequestError.VersionNegotiationError,
    };

    // SocketsHttpHandler reports an elapsed ConnectTimeout as a cancellation around a TimeoutException.
    private static bool IsConnectTimeout(Exception? cause) => cause is OperationCanceledException { InnerException: TimeoutException };
}
