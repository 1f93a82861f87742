using StackExchange.Redis;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>Keys and arguments of one call of a script, which gets every counter once and speaks of it by its number.</summary>
internal sealed class RedisCall
{
    private readonly long _wallMs;
    private readonly List<RedisKey> _keys = [];
    private readonly List<RedisValue> _values = [];
    private readonly List<RedisValue> _counters = [];
    private readonly List<RedisKey> _markers = [];
    private readonly Dictionary<CounterInstance, int> _numbers = [];

    /// <summary>Begins it with what every script is told: the epoch, and what the caller's clocks say.</summary>
    public RedisCall(RedisKeys names, string epoch, long steadyMs, long wallMs)
    {
        Names = names;
        _wallMs = wallMs;
        _values.AddRange([epoch, steadyMs, wallMs]);
    }

    /// <summary>What everything is called.</summary>
    public RedisKeys Names { get; }

    /// <summary>What comes after the counters.</summary>
    public List<RedisValue> Details { get; } = [];

    public RedisCall WithKeys(params ReadOnlySpan<RedisKey> keys)
    {
        _keys.AddRange(keys);
        return this;
    }

    public RedisCall With(params ReadOnlySpan<RedisValue> values)
    {
        _values.AddRange(values);
        return this;
    }

    /// <summary>Adds a key that comes after those of the counters.</summary>
    public void Mark(RedisKey marker) => _markers.Add(marker);

    /// <summary>The number of a counter in its present window.</summary>
    public int NumberOf(CounterKey key) => NumberOf(new CounterInstance(key, WindowClock.StartOf(key.Window, _wallMs)));

    /// <summary>The number of a counter in this call, from 1.</summary>
    public int NumberOf(CounterInstance counter)
    {
        var window = counter.Key.Window;
        var isSliding = WindowClock.IsSliding(window);
        var kept = counter with { Start = isSliding ? 0 : counter.Start };
        if (_numbers.TryGetValue(kept, out var number))
            return number;
        number = _numbers.Count + 1;
        _numbers.Add(kept, number);
        _keys.Add(Names.Counter(kept.Key, kept.Start));
        _counters.AddRange([isSliding ? WindowClock.LengthMs(window) : 0, isSliding ? WindowClock.BucketMs(window) : 0, KeepMs(kept)]);
        return number;
    }

    /// <summary>Runs it without counters.</summary>
    public Task<string[]> RunAsync(RedisScript script, IDatabase database) => script.RunAsync(database, [.. _keys], [.. _values]);

    /// <summary>Runs it with its counters and details.</summary>
    public Task<string[]> RunWithCountersAsync(RedisScript script, IDatabase database) =>
        script.RunAsync(database, [.. _keys, .. _markers], [.. _values, _numbers.Count, .. _counters, .. Details]);

    /// <summary>How long a counter is kept from now on once nothing of it is leased; 0 for ever.</summary>
    public long KeepMs(CounterInstance counter)
    {
        if (WindowClock.ForgottenBefore(counter.Key.Window, _wallMs) is not { } forgotten)
            return 0;
        return WindowClock.IsSliding(counter.Key.Window) ? _wallMs - forgotten : Math.Max(1, counter.Start - forgotten);
    }
}
