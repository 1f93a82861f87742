using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Storage;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace CredentialProxy.Tests.Limits.Redis;

/// <summary>Accounts of their own in a real Redis: their own keys, and a user of their own through whom they can be made unwritable.</summary>
internal sealed class RedisQuotaStore : IQuotaStore
{
    /// <summary>The scripts on the clock of whoever calls them, so that a test has the time in hand.</summary>
    private static readonly RedisScripts OnCallersClock = new("local function now_ms() return tonumber(ARGV[2]) end");

    /// <summary>The scripts on a clock that a test sets, whoever calls them.</summary>
    private static readonly RedisScripts OnSetClock = new("local function now_ms() return tonumber(redis.call('GET', KEYS[1] .. ':now')) end");

    private readonly RedisServer _server;
    private readonly TimeProvider _time;
    private readonly string _name = $"t{Guid.NewGuid():N}";
    private readonly List<RedisQuotaAuthority> _open = [];
    private readonly List<IConnectionMultiplexer> _connections = [];

    private RedisQuotaStore(RedisServer server, TimeProvider time)
    {
        _server = server;
        _time = time;
        Keys = new RedisKeys(_name);
    }

    /// <summary>What everything is called.</summary>
    public RedisKeys Keys { get; }

    /// <summary>The user of its authorities; also its password.</summary>
    public string User => _name;

    /// <summary>Redis beside the authority.</summary>
    public IDatabase Database => _server.Database;

    /// <summary>The connection of its authorities.</summary>
    public IConnectionMultiplexer Connection => _connections[^1];

    /// <summary>Whether there is no control plane to begin with the accounts.</summary>
    public bool BeginsEmpty { get; init; } = true;

    /// <summary>How the scripts of its authorities tell the time.</summary>
    private RedisScripts? Scripts { get; init; }

    /// <summary>Settings of the authorities that are opened.</summary>
    public RedisQuotaOptions Options { get; init; } = new();

    /// <summary>An empty one.</summary>
    public static async Task<IQuotaStore> CreateAsync(TimeProvider time) => await NewAsync(await RedisServer.SharedAsync(), time);

    public static async Task<RedisQuotaStore> NewAsync(RedisServer server, TimeProvider time, RedisQuotaOptions? options = null, bool beginsEmpty = true)
    {
        var store = new RedisQuotaStore(server, time) { Options = options ?? new RedisQuotaOptions(), BeginsEmpty = beginsEmpty };
        await store.AllowUserAsync();
        await store.ConnectAsync(server.Address);
        return store;
    }

    /// <summary>An empty one whose clock is nobody else's: it stands until <see cref="SetClockAsync"/>.</summary>
    public static async Task<RedisQuotaStore> OnItsOwnClockAsync(TimeProvider time)
    {
        var server = await RedisServer.SharedAsync();
        var store = new RedisQuotaStore(server, time) { Scripts = OnSetClock };
        await store.SetClockAsync(time.GetUtcNow());
        await store.AllowUserAsync();
        await store.ConnectAsync(server.Address);
        return store;
    }

    /// <summary>Sets that clock.</summary>
    public Task SetClockAsync(DateTimeOffset now) => Database.StringSetAsync((RedisKey)(Keys.Epoch.ToString() + ":now"), now.ToUnixTimeMilliseconds());

    /// <summary>Connects by another way than straight; authorities opened after this use it where they are not given another.</summary>
    public async Task<IConnectionMultiplexer> ConnectAsync(string address)
    {
        var options = RedisConnection.Configure(address);
        (options.User, options.Password) = (_name, _name);
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(100);
        options.ReconnectRetryPolicy = new LinearRetry(50);
        _connections.Add(await ConnectionMultiplexer.ConnectAsync(options));
        return _connections[^1];
    }

    /// <summary>Makes the user anew, after a restart of Redis.</summary>
    public Task AllowUserAsync() => AllowUserAsync(_server);

    /// <summary>Makes the user on another server, which takes over.</summary>
    public Task AllowUserAsync(RedisServer server) => server.Database.ExecuteAsync("ACL", "SETUSER", _name, "on", ">" + _name, $"~{_name}:*", "&*", "+@all");

    /// <summary>Keeps a command from the user.</summary>
    public Task ForbidAsync(string command) => SetUserAsync("-" + command);

    public IQuotaAuthority Open() => OpenAuthority();

    public RedisQuotaAuthority OpenAuthority(TimeProvider? time = null, ILogger<RedisQuotaAuthority>? logger = null, IConnectionMultiplexer? connection = null)
    {
        var scripts = Scripts ?? (_time == TimeProvider.System ? RedisScripts.Shared : OnCallersClock);
        var authority = new RedisQuotaAuthority(
            connection ?? _connections[^1], Options with { Name = _name, BeginsEmpty = BeginsEmpty }, time ?? _time, logger ?? NullLogger<RedisQuotaAuthority>.Instance, scripts);
        _open.Add(authority);
        return authority;
    }

    public async Task KillAsync(IQuotaAuthority holder)
    {
        var authority = (RedisQuotaAuthority)holder;
        var id = await authority.HolderAsync();
        _open.Remove(authority);
        await authority.AbandonAsync();
        // As if its lifetime had passed without a heartbeat.
        await Database.SortedSetAddAsync(Keys.Holders, id, 0);
    }

    public async Task<IAsyncDisposable> BreakAsync()
    {
        await SetUserAsync("-@scripting");
        return new Broken(this);
    }

    public async Task<IReadOnlyList<UsageRow>> RecordsAsync() => [.. (await EntriesAsync()).Select(Row).OrderBy(row => row.RequestId, StringComparer.Ordinal)];

    /// <summary>All keys.</summary>
    public async IAsyncEnumerable<RedisKey> KeysAsync()
    {
        foreach (var server in Database.Multiplexer.GetServers())
        {
            await foreach (var key in server.KeysAsync(pattern: _name + ":*"))
                yield return key;
        }
    }

    /// <summary>The usage records as they are in the stream.</summary>
    public async Task<IReadOnlyList<Core.Usage.UsageRecord>> EntriesAsync() =>
        [.. (await Database.StreamRangeAsync(Keys.Usage)).Where(entry => !entry[UsageEntry.Field].IsNull).Select(entry => UsageEntry.Read((ReadOnlyMemory<byte>)entry[UsageEntry.Field]))];

    public async ValueTask DisposeAsync()
    {
        foreach (var authority in _open)
            await authority.DisposeAsync();
        foreach (var connection in _connections)
            await connection.DisposeAsync();
    }

    // As the recorder will keep it.
    private static UsageRow Row(Core.Usage.UsageRecord record) => new()
    {
        RequestId = record.RequestId,
        TimeMs = record.Time.ToUnixTimeMilliseconds(),
        TokenId = record.TokenId,
        ProjectId = record.ProjectId,
        CredentialId = record.CredentialId,
        Provider = record.Provider,
        Model = record.Model,
        Endpoint = record.Endpoint,
        StatusCode = record.StatusCode,
        InputTokens = record.Usage.InputTokens,
        CachedInputTokens = record.Usage.CachedInputTokens,
        CacheWriteTokens = Math.Min(record.Usage.CacheWriteTokens + record.Usage.CacheWriteHourTokens, Limit.MaxAmount),
        OutputTokens = record.Usage.OutputTokens,
        ReasoningTokens = record.Usage.ReasoningTokens,
        CostMicroUsd = record.CostMicroUsd,
        Marks = (int)record.Marks,
        DurationMs = record.DurationMs,
        TraceId = record.TraceId,
    };

    private async Task SetUserAsync(params string[] rules) => await Database.ExecuteAsync("ACL", ["SETUSER", _name, .. rules]);

    private sealed class Broken(RedisQuotaStore store) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await store.SetUserAsync("+@scripting");
    }
}
