using CredentialProxy.Core.Judging;
using CredentialProxy.Gateway.Forwarding;

namespace CredentialProxy.Gateway.Measuring;

/// <summary>How a request ended, in one of few words.</summary>
internal static class CallOutcomes
{
    public const string Succeeded = "succeeded";
    public const string Refused = "refused";
    public const string ClientLeft = "client_left";
    public const string Rejected = "rejected";
    public const string Unauthorized = "unauthorized";
    public const string RateLimited = "rate_limited";
    public const string ServerError = "server_error";
    public const string TimedOut = "timed_out";
    public const string Unreachable = "unreachable";
    public const string BrokenOff = "broken_off";

    /// <summary>How it ended for the client.</summary>
    public static string Of(ProxyRequest request, Refusal? refusal) =>
        request.Open is not null ? OfCall(request, refusal) : refusal is not null ? Refused : request.HasClientLeft ? ClientLeft : Succeeded;

    /// <summary>How the call to the provider ended.</summary>
    public static string OfCall(ProxyRequest request, Refusal? refusal) => refusal?.Code switch
    {
        RefusalCode.UpstreamTimeout => TimedOut,
        RefusalCode.UpstreamUnavailable => Unreachable,
        // The gateway itself broke it off: the token was revoked, or the client's body was no good.
        not null => Refused,
        null => request.Answer is { } answer ? OfAnswer(answer.StatusCode, answer.HasEnded, request) : ClientLeft,
    };

    private static string OfAnswer(int status, bool hasEnded, ProxyRequest request) => status switch
    {
        StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden => Unauthorized,
        StatusCodes.Status429TooManyRequests => RateLimited,
        >= StatusCodes.Status500InternalServerError => ServerError,
        >= StatusCodes.Status400BadRequest => Rejected,
        _ => hasEnded ? Succeeded : request.HasClientLeft ? ClientLeft : OfBroken(request.Open!.Reason),
    };

    // A stream that we ended says nothing against the provider or its credential.
    private static string OfBroken(EndReason reason) => reason switch
    {
        EndReason.None => BrokenOff,
        EndReason.FirstByteTimeout or EndReason.IdleTimeout or EndReason.RequestTimeout => TimedOut,
        _ => Refused,
    };
}
