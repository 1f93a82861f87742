using CredentialProxy.Core.Limits.Redis.Recovery;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>
/// Calls for leases, one after another, each with a number. A call whose connection breaks may have been done or not; it is asked again under its number
/// until that is known, and Redis answers a number that it has done with what it answered then.
/// </summary>
internal sealed class RedisLeasing(
    IDatabase database, RedisScripts scripts, RedisKeys keys, RedisQuotaOptions options, TimeProvider time, RedisHolder holder, LeaseTally tally, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private long _number; // of the call whose turn it is

    public async Task<LeaseAnswer[]> LeaseAsync(ReadOnlyMemory<LeaseAmount> returns, ReadOnlyMemory<LeaseRequest> requests, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_stop.IsCancellationRequested)
            throw new QuotaAuthorityUnavailableException("The accounts are closed: the process is stopping.");
        if (!await _turn.WaitAsync(options.MaxWait, cancellationToken))
            throw new QuotaAuthorityUnavailableException("The accounts in Redis are not keeping up: a call for leases still has no answer.");
        try
        {
            // From here on leaving early would leave the caller not knowing what was done.
            var answers = Read(await AskAsync(++_number, returns, requests));
            tally.Note(returns.Span, requests.Span, answers);
            return answers;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Asks no more, not even for a call without an answer.</summary>
    public async ValueTask DisposeAsync() => await _stop.CancelAsync();

    private async Task<string> AskAsync(long number, ReadOnlyMemory<LeaseAmount> returns, ReadOnlyMemory<LeaseRequest> requests)
    {
        // A call that changes nothing need not be known of.
        var isHarmless = returns.IsEmpty && requests.IsEmpty;
        var isUncertain = false;
        var pause = options.RetryDelay;
        for (var attempt = 1; ; attempt++)
        {
            Exception failure;
            try
            {
                var registration = await holder.EnteredAsync(_stop.Token);
                var reply = await SendAsync(registration, number, returns, requests);
                switch (reply[0])
                {
                    case "done":
                        holder.Remember(reply[2]);
                        if (attempt > 1)
                            RedisLog.Certain(logger, number, attempt);
                        return reply[1];
                    case "fenced":
                        // Whatever of it is still on its way to Redis comes under a name that may lease no more.
                        holder.Leave(registration);
                        isUncertain = false;
                        continue;
                    case "lost":
                        holder.Lose(registration);
                        failure = RedisFailures.Refused(reply);
                        break;
                    default:
                        failure = RedisFailures.Refused(reply);
                        break;
                }
            }
            catch (Exception exception) when (RedisFailures.IsUnavailable(exception) || exception is QuotaAuthorityUnavailableException or OperationCanceledException)
            {
                failure = exception;
                if (!isUncertain && !isHarmless && RedisFailures.IsUncertain(exception))
                {
                    isUncertain = true;
                    RedisLog.Uncertain(logger, number, exception.Message);
                }
            }

            // An attempt that was once on its way may still arrive, whatever a later one was answered.
            if (!isUncertain || _stop.IsCancellationRequested)
                throw failure as QuotaAuthorityUnavailableException ?? RedisFailures.Unavailable(failure);
            await PauseAsync(pause);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private Task<string[]> SendAsync(RedisRegistration registration, long number, ReadOnlyMemory<LeaseAmount> returns, ReadOnlyMemory<LeaseRequest> requests)
    {
        var call = holder.Call(registration.Epoch)
            .WithKeys(keys.Epoch, keys.Holders, keys.Leases(registration.Holder), keys.Paid(holder.Instance), keys.Answer(holder.Instance), keys.Mark(holder.Instance))
            .With(registration.Holder, number, (long)options.MaxClockSkew.TotalMilliseconds, (long)options.RememberFor.TotalMilliseconds, holder.Mark);
        call.Details.Add(returns.Length);
        foreach (var given in returns.Span)
            call.Details.AddRange([call.NumberOf(given.Counter), given.Limit, given.Amount, given.Counter.Key.IsOfTheMoment ? 0 : 1]);
        call.Details.Add(requests.Length);
        foreach (var request in requests.Span)
            call.Details.AddRange([call.NumberOf(request.Counter), request.Limit, request.Need, request.Want]);
        return call.RunWithCountersAsync(scripts.Lease, database);
    }

    private static LeaseAnswer[] Read(string answer)
    {
        var amounts = RedisAmounts.Parse(answer);
        var answers = new LeaseAnswer[amounts.Length / 4];
        for (var index = 0; index < answers.Length; index++)
            answers[index] = new LeaseAnswer(amounts[4 * index], amounts[(4 * index) + 1], amounts[(4 * index) + 2], amounts[(4 * index) + 3]);
        return answers;
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The next attempt is the last.
        }
    }
}
