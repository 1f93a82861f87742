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
    private readonly LeaseTally _tally = new();
    private readonly KeptSettlements _kept;

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
        _kept = new KeptSettlements(options.MaxKeptSettlements);
        _holder = new RedisHolder(_database, scripts, _keys, options, new RedisReporter(_database, scripts, _keys, options, _tally, _kept), time, new SteadyClock(time), logger) { Resend = ResendAsync };
        _leasing = new RedisLeasing(_database, scripts, _keys, options, time, _holder, _tally, logger);
    }

    /// <summary>Name of the stream that holds the usage records, as <see cref="UsageEntry"/> writes them.</summary>
    public string UsageStream => _keys.Usage.ToString();

    /// <summary>Settled requests that are kept until Postgres has them.</summary>
    public int KeptSettlements => _kept.Count;

    /// <summary>What is known to be wrong with how Redis is set up, and what to set there; null for nothing. While there is anything the accounts are unavailable.</summary>
    public string? SetupMistake => _holder.Mistake;

    /// <summary>Looks how Redis is set up and tells <see cref="SetupMistake"/>; null as well when Redis can't be reached: then it is looked at later.</summary>
    public Task<string?> FindSetupMistakeAsync(CancellationToken cancellationToken) => _holder.FindMistakeAsync(cancellationToken);

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
        var reply = await AskAsync(registration => SettleAsync(registration, settlements), cancellationToken);
        _holder.Remember(reply[1]);
        _tally.Note(settlements);
        _kept.Add(settlements, reply[2], reply[3]);
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
    }

    /// <summary>Ends it as a crash does.</summary>
    internal async ValueTask AbandonAsync()
    {
        await _leasing.DisposeAsync();
        await _holder.AbandonAsync();
    }

    /// <summary>The id of the present holder.</summary>
    internal async ValueTask<string> HolderAsync() => (await _holder.EnteredAsync(CancellationToken.None)).Holder;

    /// <summary>Waits until no heartbeat is under way.</summary>
    internal Task RestAsync() => _holder.LastBeat;

    private Task<string[]> SettleAsync(RedisRegistration registration, IReadOnlyList<Settlement> settlements)
    {
        var call = _holder.Call(registration.Epoch)
            .WithKeys(_keys.Epoch, _keys.Leases(registration.Holder), _keys.Paid(_holder.Instance), _keys.Usage, _keys.Mark(_holder.Instance))
            .With((long)_options.RememberFor.TotalMilliseconds, _holder.Mark, _holder.Instance);
        foreach (var settlement in settlements)
            Add(call, settlement);
        return call.RunWithCountersAsync(_scripts.Settle, _database);
    }

    // Those that Postgres had all the same are charged twice, within their limit; their records count once.
    private async Task ResendAsync(RedisRegistration registration)
    {
        foreach (var some in _kept.All().Chunk(ResentAtOnce))
        {
            var reply = await SettleAsync(registration, some);
            if (reply[0] != "done")
                throw RedisFailures.Refused(reply);
            _holder.Remember(reply[1]);
        }
    }

    private static void Add(RedisCall call, Settlement settlement)
    {
        call.Mark(call.Names.Settled(settlement.Record.RequestId));
        call.Details.AddRange([UsageEntry.Write(settlement.Record), settlement.Charges.Length + settlement.Excess.Length]);
        foreach (var charge in settlement.Charges)
            call.Details.AddRange([0, call.NumberOf(charge.Counter), charge.Limit, charge.Amount, charge.Counter.Start]);
        foreach (var excess in settlement.Excess)
            call.Details.AddRange([1, call.NumberOf(excess.Counter), excess.Limit, excess.Amount, excess.Counter.Start]);
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
