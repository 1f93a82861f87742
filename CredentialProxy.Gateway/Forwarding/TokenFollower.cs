using System.Runtime.ExceptionServices;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Gateway.Authentication;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// Holds open requests to what their token is by now: they end when it does, be that sooner or later than when they began. Looks at those of a token that has changed while they run, or had changed
/// by the time they could be found among the open ones.
/// </summary>
internal sealed partial class TokenFollower(OpenRequests openRequests, CurrentGrants grants, IDirectory directory, TimeProvider time, ILogger<TokenFollower> logger) : BackgroundService
{
    /// <summary>Between two attempts to find out what became of a token.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ChangedTokens _changed = new(directory);
    private bool _isFaulty; // the loop's alone

    /// <summary>Notes that a request can be found among the open ones.</summary>
    public void Entered(ProxyRequest request)
    {
        if (directory.Version != request.DirectoryVersion)
        {
            _changed.Add(request.Token.Grant.TokenId);
        }
    }

    public override void Dispose()
    {
        _changed.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await _changed.WaitAsync(Timeout.InfiniteTimeSpan, time, stoppingToken);
            await TryFollowAsync(_changed.Take(), stoppingToken);
        }
    }

    private async Task TryFollowAsync(Func<string, bool> isChanged, CancellationToken stoppingToken)
    {
        try
        {
            await FollowAsync(isChanged, stoppingToken);
            _isFaulty = false;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
        catch (DirectoryUnavailableException)
        {
            // Others say that it can't be reached.
            await TryAgainAsync(stoppingToken);
        }
#pragma warning disable CA1031 // A fault of ours: tokens must go on being followed, and requests being served.
        catch (Exception e)
#pragma warning restore CA1031
        {
            // The first in a row is told of: one may last for as long as a request is open.
            if (!_isFaulty)
            {
                Log.Failed(logger, e);
            }
            _isFaulty = true;
            await TryAgainAsync(stoppingToken);
        }
    }

    // Whichever changed is not known any more, so all are looked at: a request of a token that was revoked must not go on because nothing changes after it.
    private async Task TryAgainAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _changed.Add(null);
    }

    private async Task FollowAsync(Func<string, bool> isChanged, CancellationToken stoppingToken)
    {
        var current = new Dictionary<AuthenticatedToken, Task<Grant?>>();
        Exception? fault = null;
        foreach (var open in openRequests.Of(isChanged))
        {
            var token = open.Request!.Token;
            if (!current.TryGetValue(token, out var looking))
            {
                current[token] = looking = LookAsync(token, stoppingToken);
            }
            try
            {
                openRequests.Follow(open, await looking);
            }
#pragma warning disable CA1031 // Told below. One token that can't be looked up must not keep others from being followed.
            catch (Exception e) when (e is not (OperationCanceledException or DirectoryUnavailableException))
#pragma warning restore CA1031
            {
                fault = e;
            }
        }
        if (fault is not null)
        {
            ExceptionDispatchInfo.Throw(fault);
        }
    }

    private async Task<Grant?> LookAsync(AuthenticatedToken token, CancellationToken stoppingToken) => await grants.OfAsync(token, stoppingToken);

    private static partial class Log
    {
        [LoggerMessage(2303, LogLevel.Error, "Looking what became of the tokens of open requests failed by a fault of ours; it is tried again in a moment")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
