using System.ComponentModel.DataAnnotations;
using CredentialProxy.Core.Limits.Redis.Recovery;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>
/// The accounts in Redis, for any number of gateways: one script for each call, all or nothing, on Redis' clock. What a gateway had leased that is not heard
/// of any more counts as spent; should it come back, it goes on under a new name and spends that first.
/// </summary>
public sealed class RedisQuotaAuthority : IQuotaAuthority, IAsyncDisposable
{
    /// <summary>Settlements sent again in one call: a few milliseconds of Redis' time.</summary>
    private const int ResentAtOnce = 250;

    private readonly IDatabase _database;
    private readonly RedisScripts _scripts;
    private readonly RedisKeys _keys;
    private readonly RedisQuotaOptions _options;
    private readonly RedisHolder _holder;
    private readonly RedisLeasing _leasing;
    private readonly RedisSettling _settling;
    private readonly LeaseTally _tally = new();
    private readonly KeptSettlements _kept;
    private readonly RedisAccountMeters _meters;
    private readonly ILogger _logger;
    private int _isDropping; // interlocked

    /// <summary>An authority on a connection, which it does not own. It is entered as a holder by its first call.</summary>
    public RedisQuotaAuthority(IConnectionMultiplexer connection, RedisQuotaOptions options, TimeProvider time, ILogger<RedisQuotaAuthority> logger)
        : this(connection, options, time, logger, RedisScripts.Shared)
    {
    }

    internal RedisQuotaAuthority(IConnectionMultiplexer connection, RedisQuotaOptions options, TimeProvider time, ILogger<RedisQuotaAuthority> logger, RedisScripts scripts)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _database = connection.GetDatabase();
        _scripts = scripts;
        _options = options;
        _keys = new RedisKeys(options.Name);
        _logger = logger;
        _kept = new KeptSettlements(options.MaxKeptSettlements);
        _meters = new RedisAccountMeters(() => _kept.Count);
        _holder = new RedisHolder(_database, scripts, _keys, options, new RedisReporter(_database, scripts, _keys, options, _tally, _kept), time, new SteadyClock(time), logger)
        {
            Resend = ResendAsync,
            Expired = () => Expired?.Invoke(this, EventArgs.Empty),
        };
        _leasing = new RedisLeasing(_database, scripts, _keys, options, time, _holder, _tally, logger);
        _settling = new RedisSettling(_database, scripts, _keys, options, _holder);
    }

    /// <inheritdoc/>
    public event EventHandler? Expired;

    /// <summary>Name of the stream that holds the usage records, as <see cref="UsageEntry"/> writes them.</summary>
    public string UsageStream => _keys.Usage.ToString();

    /// <summary>Settled requests that are kept until Postgres has them.</summary>
    public int KeptSettlements => _kept.Count;

    /// <summary>What is known to be wrong with how Redis is set up, and what to set there; null for nothing. While there is anything the accounts are unavailable.</summary>
    public string? SetupMistake => _holder.Mistake;

    /// <summary>Looks how Redis is set up and tells <see cref="SetupMistake"/>; null as well when Redis can't be reached: then it is looked at later.</summary>
    public Task<string?> FindSetupMistakeAsync(CancellationToken cancellationToken) => _holder.FindMistakeAsync(cancellationToken);

    /// <summary>Those requests.</summary>
    internal IReadOnlyList<Settlement> Sent => _kept.All();

    /// <summary>The holder that this gateway is, or was last; empty before it was one.</summary>
    internal string LastHolder => _holder.Last;

    /// <summary>Enters this gateway and closes the books of those that have died. Not required.</summary>
    public async ValueTask OpenAsync(CancellationToken cancellationToken) => await LeaseAsync(default, default, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<LeaseAnswer[]> LeaseAsync(ReadOnlyMemory<LeaseAmount> returns, ReadOnlyMemory<LeaseRequest> requests, CancellationToken cancellationToken)
    {
        LeaseRules.Check(returns.Span, requests.Span);
        return await _leasing.LeaseAsync(returns, requests, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        LeaseRules.Check(settlements);
        var reply = await AskAsync(registration => _settling.SettleAsync(registration, registration.Holder, settlements), cancellationToken);
        _holder.Remember(reply[1]);
        _tally.Note(settlements);
        Keep(settlements, reply);
    }

    /// <summary>Settles what another holder has left, which is charged to what that one had leased; empty for one that leased nothing.</summary>
    internal async ValueTask SettleAsync(string holder, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var reply = await AskAsync(registration => _settling.SettleAsync(registration, holder, settlements), cancellationToken);
        _holder.Remember(reply[1]);
        Keep(settlements, reply);
    }

    /// <inheritdoc/>
    public async ValueTask<CounterState[]> ReadAsync(IReadOnlyList<CounterKey> counters, CancellationToken cancellationToken)
    {
        var numbers = new int[counters.Count];
        var reply = await AskAsync(
            registration =>
            {
                var call = _holder.Call(registration.Epoch).WithKeys(_keys.Epoch);
                for (var index = 0; index < numbers.Length; index++)
                    numbers[index] = call.NumberOf(counters[index]);
                return call.RunWithCountersAsync(_scripts.Read, _database);
            },
            cancellationToken);
        var amounts = RedisAmounts.Parse(reply[1]);
        return [.. numbers.Select(number => new CounterState(amounts[(2 * number) - 2], amounts[(2 * number) - 1]))];
    }

    /// <inheritdoc/>
    public async ValueTask ResetAsync(CounterKey counter, CancellationToken cancellationToken)
    {
        LeaseRules.CheckReset(counter);
        await AskAsync(
            registration =>
            {
                var call = _holder.Call(registration.Epoch).WithKeys(_keys.Epoch, _keys.Usage);
                call.NumberOf(counter);
                return call.RunWithCountersAsync(_scripts.Reset, _database);
            },
            cancellationToken);
    }

    /// <summary>Ends the holder: what it has leased and not returned counts as spent.</summary>
    public async ValueTask DisposeAsync()
    {
        await _leasing.DisposeAsync();
        await _holder.DisposeAsync();
        _meters.Dispose();
    }

    /// <summary>Ends it as a crash does.</summary>
    internal async ValueTask AbandonAsync()
    {
        await _leasing.DisposeAsync();
        await _holder.AbandonAsync();
        _meters.Dispose();
    }

    /// <summary>The id of the present holder.</summary>
    internal async ValueTask<string> HolderAsync() => (await _holder.EnteredAsync(CancellationToken.None)).Holder;

    /// <summary>Waits until no heartbeat is under way.</summary>
    internal Task RestAsync() => _holder.LastBeat;

    private void Keep(IReadOnlyList<Settlement> settlements, string[] reply)
    {
        var dropped = _kept.Add(settlements, reply[2], reply[3]);
        _meters.Dropped(dropped);
        if (dropped > 0 && Interlocked.Exchange(ref _isDropping, 1) == 0)
            RedisLog.Dropping(_logger, _options.MaxKeptSettlements);
        // Not at the first that drops none: it would be told again and again.
        else if (_kept.Count <= _options.MaxKeptSettlements / 2 && dropped == 0)
            Volatile.Write(ref _isDropping, 0);
    }

    // Those that Postgres had all the same are charged twice, within their limit; their records count once.
    private async Task ResendAsync(RedisRegistration registration)
    {
        var resent = new List<(Settlement[] Settlements, string[] Reply)>();
        foreach (var some in _kept.All().Chunk(ResentAtOnce))
        {
            var reply = await _settling.SettleAsync(registration, registration.Holder, some);
            if (reply[0] != "done")
                throw RedisFailures.Refused(reply);
            _holder.Remember(reply[1]);
            resent.Add((some, reply));
        }

        // They are further on in the stream now, and kept until Postgres has them there. Not before all of them are: a failure here sends all that are kept once more.
        _kept.Forget(resent.SelectMany(some => some.Settlements));
        foreach (var (settlements, reply) in resent)
            Keep(settlements, reply);
    }

    /// <summary>Runs a call that may be repeated, so that not knowing its outcome does no harm.</summary>
    private async Task<string[]> AskAsync(Func<RedisRegistration, Task<string[]>> run, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var registration = await _holder.EnteredAsync(cancellationToken);
            var reply = await run(registration).WaitAsync(cancellationToken);
            if (reply[0] == "lost")
                _holder.Lose(registration);
            return reply[0] == "done" ? reply : throw RedisFailures.Refused(reply);
        }
        catch (Exception exception) when (RedisFailures.IsUnavailable(exception))
        {
            throw RedisFailures.Unavailable(exception);
        }
    }
}
