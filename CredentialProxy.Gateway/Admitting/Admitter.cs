using CredentialProxy.Core.Judging;

namespace CredentialProxy.Gateway.Admitting;

/// <summary>
/// Lets a request in while there is room for it: so many may be open for its token, so that no token takes the room of all, and so many in all. Stands before
/// the body is read, which is the first thing that a client can make last.
/// </summary>
internal sealed class Admitter(GatewayOptions options)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private static readonly Refusal TokenFull =
        new(RefusalCode.ConcurrencyLimitExceeded, "This token has as many requests open as any token may. Try again when some have ended.") { RetryAfter = RetryAfter };

    private static readonly Refusal Full =
        new(RefusalCode.Overloaded, "The gateway has as many requests open as it may. Try again soon.") { RetryAfter = RetryAfter };

    public static readonly Refusal BodiesOfTokenFull =
        new(RefusalCode.ConcurrencyLimitExceeded, "The bodies of this token's open requests take up as much memory as one token's may. Try again when some have been sent.") { RetryAfter = RetryAfter };

    public static readonly Refusal BodiesFull =
        new(RefusalCode.Overloaded, "The bodies of open requests take up as much memory as they may. Try again soon.") { RetryAfter = RetryAfter };

    /// <summary>What is under way for all tokens.</summary>
    public Load All { get; } = new();

    /// <summary>Refuses a request for which there is no room.</summary>
    public Refusal? Admit(ProxyRequest request)
    {
        var token = request.Token.Load;
        if (!token.TryEnter(options.MaxOpenRequestsPerToken))
        {
            return TokenFull;
        }
        if (!All.TryEnter(options.MaxOpenRequests))
        {
            token.Leave();
            return Full;
        }
        request.Admission = new Admission(All, token, options);
        return null;
    }
}
