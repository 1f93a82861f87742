using System.Globalization;
using System.Security.Cryptography;
using CredentialProxy.Core.Limits.Redis.Recovery;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>
/// What this gateway is to the accounts: one holder after another, each living by its heartbeat, all of one instance. Sees to it that the leases of holders
/// who have died are closed, whoever they were.
/// </summary>
internal sealed class RedisHolder(IDatabase database, RedisScripts scripts, RedisKeys keys, RedisQuotaOptions options, RedisReporter reporter, TimeProvider time, SteadyClock steady, ILogger logger) : IAsyncDisposable
{
    /// <summary>Heartbeats in a lifetime: one may be late, another lost.</summary>
    private const int BeatsInLife = 3;

    private readonly RedisGraveyard _graveyard = new(database, scripts, keys, options, logger);
    private readonly SemaphoreSlim _entering = new(1, 1);
    private readonly RedisSetupCheck _setup = new(database, scripts, keys, options, logger); // guarded by _entering
    private string _epoch = ""; // guarded by _entering
    private int _generation; // guarded by _entering
    private volatile string _former = ""; // written under _entering
    private (string Epoch, string Holder) _reported; // guarded by _entering
    private volatile RedisRegistration? _registration;
    private long _mark; // interlocked: calls for leases and settlements have their answers side by side
    private bool _mustResend; // guarded by _entering
    private ITimer? _timer; // guarded by _entering
    private int _isBeating; // interlocked
    private volatile Task _lastBeat = Task.CompletedTask;
    private volatile bool _isEnded;

    /// <summary>The same for as long as the process lives.</summary>
    public string Instance { get; } = RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <summary>The present holder, or the last one; empty before there was any.</summary>
    public string Last => _former;

    /// <summary>How many calls of this instance the accounts have told it that they changed something. They must never know of fewer.</summary>
    public long Mark => Volatile.Read(ref _mark);

    /// <summary>Settles again what is kept, as a holder that has just been entered: accounts were rebuilt without it.</summary>
    public Func<RedisRegistration, Task> Resend { get; init; } = _ => Task.CompletedTask;

    /// <summary>What it had leased as the holder before was closed: told before it is entered again.</summary>
    public Action Expired { get; init; } = () => { };

    /// <summary>What is known to be wrong with how Redis is set up; null for nothing. While there is anything nobody enters.</summary>
    public string? Mistake => _setup.Mistake;

    /// <summary>The heartbeat that is under way, or was last.</summary>
    public Task LastBeat => _lastBeat;

    /// <summary>The instance of which a holder is, or was, one.</summary>
    public static string InstanceOf(string holder) => holder.LastIndexOf('.') is >= 0 and var end ? holder[..end] : holder;

    /// <summary>Begins a call of a script.</summary>
    public RedisCall Call(string epoch) => new(keys, epoch, steady.NowMs, time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>The present holder; enters a new one, and closes the books of those who have died, where there is none.</summary>
    public async ValueTask<RedisRegistration> EnteredAsync(CancellationToken cancellationToken)
    {
        if (_registration is { } present)
            return present;
        await _entering.WaitAsync(cancellationToken);
        try
        {
            return _registration ?? await EnterAsync();
        }
        catch (Exception exception) when (RedisFailures.IsUnavailable(exception))
        {
            // Told apart from a failure of the call that wanted to be entered: that one was never sent.
            throw RedisFailures.Unavailable(exception);
        }
        finally
        {
            _entering.Release();
        }
    }

    /// <summary>Looks how Redis is set up, where that has not been done, and tells <see cref="Mistake"/>. A Redis that can't be reached is looked at when it is entered.</summary>
    public async Task<string?> FindMistakeAsync(CancellationToken cancellationToken)
    {
        await _entering.WaitAsync(cancellationToken);
        try
        {
            await _setup.RunAsync();
        }
        catch (Exception exception) when (RedisFailures.IsUnavailable(exception))
        {
            // Then whoever starts is not ready, and that is said.
        }
        finally
        {
            _entering.Release();
        }
        return _setup.Mistake;
    }

    /// <summary>The accounts have counted it as dead: the next call enters anew.</summary>
    public void Leave(RedisRegistration registration)
    {
        if (Interlocked.CompareExchange(ref _registration, null, registration) == registration)
            RedisLog.Expired(logger, registration.Holder);
    }

    /// <summary>The accounts are not what they were: the next call finds out what became of them.</summary>
    public void Lose(RedisRegistration registration)
    {
        if (Interlocked.CompareExchange(ref _registration, null, registration) == registration)
            RedisLog.Lost(logger, registration.Epoch);
    }

    /// <summary>Takes note of a mark that the accounts have told.</summary>
    public void Remember(string told)
    {
        var mark = long.Parse(told, CultureInfo.InvariantCulture);
        for (var known = Mark; mark > known; known = Mark)
        {
            if (Interlocked.CompareExchange(ref _mark, mark, known) == known)
                return;
        }
    }

    /// <summary>Goes without a word, as a crash does.</summary>
    public async ValueTask AbandonAsync()
    {
        _isEnded = true;
        StopBeating();
        await _lastBeat;
    }

    /// <summary>Says goodbye. What is still leased then is closed at once, by this one or by any other.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isEnded)
            return;
        await AbandonAsync();
        if (_registration is not { } registration)
            return;
        try
        {
            await BeatAsync(registration, isLast: true);
        }
        catch (Exception exception) when (RedisFailures.IsUnavailable(exception) || exception is QuotaAuthorityUnavailableException)
        {
            // Then it expires.
        }
    }

    private async Task<RedisRegistration> EnterAsync()
    {
        ObjectDisposedException.ThrowIf(_isEnded, this);
        if (await _setup.RunAsync() is { } mistake)
            throw new QuotaAuthorityUnavailableException(mistake);
        var holder = $"{Instance}.{++_generation}";
        var reply = await OpenAsync(holder);
        if (reply[0] == "lost")
        {
            if (await ComeBackAsync(holder) is { } reported)
                return Begin(reported.Epoch, reported.Holder);
            reply = await OpenAsync(holder);
        }

        if (reply[0] != "done")
            throw RedisFailures.Refused(reply);
        await _graveyard.CloseAsync(() => Call(reply[1]), reply[2..]);
        if (_mustResend)
        {
            await Resend(new RedisRegistration(reply[1], holder));
            _mustResend = false;
        }

        if (_former.Length > 0)
            Expired();
        return Begin(reply[1], holder);
    }

    private Task<string[]> OpenAsync(string holder) => Call(_epoch).WithKeys(keys.Epoch, keys.Holders, keys.Dead, keys.Seen, keys.Mark(Instance))
        .With(RandomNumberGenerator.GetHexString(16, lowercase: true), holder, _former, (long)options.HolderLifetime.TotalMilliseconds, options.BeginsEmpty ? 1 : 0, Mark).RunAsync(scripts.Open, database);

    private RedisRegistration Begin(string epoch, string holder)
    {
        var registration = new RedisRegistration(epoch, holder);
        (_epoch, _former) = (epoch, holder);
        _registration = registration;
        RedisLog.Entered(logger, holder, epoch);
        EnsureBeating();
        return registration;
    }

    // Beats while it is not entered, too: then it looks whether it can be.
    private void EnsureBeating()
    {
        if (_timer is not null)
            return;
        var interval = options.HolderLifetime / BeatsInLife;
        _timer = time.CreateTimer(static holder => ((RedisHolder)holder!).Beat(), this, interval, interval);
        database.Multiplexer.ConnectionRestored += Look;
        // Whoever ended it meanwhile found neither.
        if (_isEnded)
            StopBeating();
    }

    private void StopBeating()
    {
        database.Multiplexer.ConnectionRestored -= Look;
        _timer?.Dispose();
    }

    // A Redis that is back may have gone back in time: until somebody who lost something says so, others are given what is leased already.
    private void Look(object? sender, ConnectionFailedEventArgs restored) => Beat();

    /// <summary>
    /// Finds out what became of accounts that are not those it knew. While they are rebuilt it says what it holds, once, and is unavailable; after that it goes on as the holder under which it
    /// said so. Null when there is nothing to go on with: they are open, and it enters them anew.
    /// </summary>
    private async Task<(string Epoch, string Holder)?> ComeBackAsync(string holder)
    {
        EnsureBeating();
        _setup.Repeat();
        var told = await Call(_epoch).WithKeys(keys.Epoch, keys.Mark(Instance), keys.Began, keys.Holders)
            .With(Mark, RandomNumberGenerator.GetHexString(16, lowercase: true), _reported.Holder ?? "", (long)options.HolderLifetime.TotalMilliseconds, 0).RunAsync(scripts.Lose, database);
        var (state, epoch) = (told[0], told[1]);
        if (state == "open")
        {
            if (_reported.Epoch == epoch)
                return _reported;
            if (_epoch.Length > 0 && _epoch != epoch)
            {
                RedisLog.TooLate(logger, epoch);
                // They count its calls anew.
                Interlocked.Exchange(ref _mark, 0);
                _mustResend = true;
            }

            _epoch = epoch;
            return null;
        }

        if (state == "rebuilding" && _reported.Epoch != epoch && await reporter.ReportAsync(Call, epoch, holder, _former, Instance, Mark))
        {
            _reported = (epoch, holder);
            // It stands among the holders now, so that whatever name comes next must take its place, even where these accounts were never entered.
            _former = holder;
            RedisLog.Reported(logger, epoch);
        }

        throw new QuotaAuthorityUnavailableException("The accounts in Redis were lost and are being rebuilt by the control plane.");
    }

    private void Beat()
    {
        // One at a time: while Redis does not answer, heartbeats must not pile up.
        if (!_isEnded && Interlocked.Exchange(ref _isBeating, 1) == 0)
            _lastBeat = TryBeatAsync();
    }

    private async Task TryBeatAsync()
    {
        try
        {
            await BeatAsync(await EnteredAsync(CancellationToken.None), isLast: false);
            // At once, and not at the next beat: who was taken for dead may have at hand what others were given, and what was lost nobody else may know of.
            if (_registration is null)
                await EnteredAsync(CancellationToken.None);
        }
        catch (Exception exception) when (RedisFailures.IsUnavailable(exception) || exception is QuotaAuthorityUnavailableException or ObjectDisposedException)
        {
            RedisLog.NoHeartbeat(logger, exception.Message);
        }
        finally
        {
            Volatile.Write(ref _isBeating, 0);
        }
    }

    private async Task BeatAsync(RedisRegistration registration, bool isLast)
    {
        var reply = await Call(registration.Epoch).WithKeys(keys.Epoch, keys.Holders, keys.Dead, keys.Seen, keys.Mark(Instance))
            .With(registration.Holder, (long)options.HolderLifetime.TotalMilliseconds, isLast ? 1 : 0, Mark, (long)options.RememberFor.TotalMilliseconds).RunAsync(scripts.Beat, database);
        if (reply[0] == "fenced")
            Leave(registration);
        else if (reply[0] == "lost")
            Lose(registration);
        else if (reply[0] != "done")
            throw RedisFailures.Refused(reply);
        else
            await _graveyard.CloseAsync(() => Call(registration.Epoch), reply[1..]);
    }
}
