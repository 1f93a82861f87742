using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Objects.Redis;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Ownership;

/// <summary>Redis loses whose stored objects are, or a part of it: nobody is told anything wrong meanwhile, and everybody has again afterwards what was theirs.</summary>
public sealed class LostOwnersTests : IAsyncLifetime
{
    private TemporaryPostgres _postgres = null!;
    private RedisServer _redis = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _postgres = await TemporaryPostgres.CreateAsync();
        _redis = await RedisServer.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Fact]
    [Trait("threat", "fault-15")]
    public async Task After_FLUSHALL_nobody_is_told_anything_until_each_has_again_what_was_theirs()
    {
        await using var kept = await KeptOwners.OpenAsync(_postgres, _redis.Address);
        var (gateway, other) = (kept.Gateway(), kept.Gateway());
        await RememberAsync(gateway, "token:a", "recorded", "deleted");
        await gateway.ForgetAsync("token:a", File("deleted"), Cancellation);
        await kept.Recording.RecordAsync(1_000, Cancellation);
        await RememberAsync(gateway, "token:a", "waiting");

        await _redis.Database.ExecuteAsync("FLUSHALL");

        await UnavailableAsync(async () => await other.OwnsAsync("token:a", File("recorded"), Cancellation));
        await UnavailableAsync(async () => await other.OwnsAsync("token:b", File("recorded"), Cancellation));
        await UnavailableAsync(() => RememberAsync(other, "token:b", "recorded"));
        await kept.PutBackAsync();
        foreach (var asked in new[] { gateway, other, kept.Gateway() })
        {
            Assert.True(await EventuallyOwnsAsync(asked, "token:a", "recorded"));
            Assert.True(await EventuallyOwnsAsync(asked, "token:a", "waiting"));
            Assert.False(await EventuallyOwnsAsync(asked, "token:b", "recorded"));
            Assert.False(await EventuallyOwnsAsync(asked, "token:a", "deleted"));
        }
        await kept.StartAsync();
        await kept.RecordedAsync();
        Assert.Equal(["token:a recorded", "token:a waiting"], await kept.RowsAsync());
    }

    [Fact]
    public async Task A_file_that_lost_its_end_is_noticed_at_once_and_costs_nothing_while_the_gateway_lives()
    {
        await using var kept = await KeptOwners.OpenAsync(_postgres, _redis.Address);
        var (gateway, other) = (kept.Gateway(), kept.Gateway());
        await RememberAsync(gateway, "token:a", "before", "deleted");
        await kept.Recording.RecordAsync(1_000, Cancellation);
        await Product.EventuallyAsync(() => Task.FromResult(gateway.KeptChanges == 0), "what Postgres has need not be kept");
        var length = _redis.FileLength;
        await RememberAsync(gateway, "token:a", "after");
        await gateway.ForgetAsync("token:a", File("deleted"), Cancellation);
        Assert.Equal(2, gateway.KeptChanges);

        await _redis.KillAsync();
        _redis.CutFile(length);
        await _redis.StartAgainAsync();

        // Its connection is back, and so it has looked: nobody is told that there is no such object.
        await Product.EventuallyAsync(async () => $"{await _redis.Database.StringGetAsync(kept.Keys.Epoch)}".StartsWith("rebuilding:2-", StringComparison.Ordinal), "it is noticed");
        await UnavailableAsync(async () => await other.OwnsAsync("token:a", File("after"), Cancellation));
        await kept.StartAsync();
        Assert.True(await EventuallyOwnsAsync(other, "token:a", "after"));
        Assert.True(await EventuallyOwnsAsync(other, "token:a", "before"));
        Assert.False(await EventuallyOwnsAsync(other, "token:a", "deleted"));
        await kept.RecordedAsync();
        Assert.Equal(["token:a after", "token:a before"], await kept.RowsAsync());
    }

    [Fact]
    public async Task A_file_that_lost_its_end_together_with_the_gateway_is_noticed_by_the_control_plane_where_Postgres_has_it()
    {
        await using var kept = await KeptOwners.OpenAsync(_postgres, _redis.Address);
        var gateway = kept.Gateway();
        await RememberAsync(gateway, "token:a", "before");
        var length = _redis.FileLength;
        await RememberAsync(gateway, "token:a", "after");
        await kept.Recording.RecordAsync(1_000, Cancellation);
        await gateway.DisposeAsync();

        await _redis.KillAsync();
        _redis.CutFile(length);
        await _redis.StartAgainAsync();

        await Product.EventuallyAsync(() => Task.FromResult(kept.Connection.GetDatabase().IsConnected(kept.Keys.Epoch)), "it is connected");
        Assert.False(await kept.LookAsync());
        await kept.PutBackAsync();
        Assert.True(await EventuallyOwnsAsync(kept.Gateway(), "token:a", "after"));
        await kept.Recording.RecordAsync(1_000, Cancellation);
        Assert.Equal(["token:a after", "token:a before"], await kept.RowsAsync());
    }

    [Fact]
    public async Task A_replica_that_lagged_and_is_promoted_costs_nothing_while_the_gateway_lives()
    {
        await using var replica = await RedisServer.StartAsync();
        await using var line = new BreakableLine(_redis.Port);
        await using var kept = await KeptOwners.OpenAsync(_postgres, line.Address);
        var (gateway, other) = (kept.Gateway(), kept.Gateway());
        await RememberAsync(gateway, "token:a", "before");
        await replica.Database.ExecuteAsync("REPLICAOF", "127.0.0.1", $"{_redis.Port}");
        await Product.EventuallyAsync(async () => await replica.Database.StreamLengthAsync(kept.Keys.Changes) == 1, "the replica has what there is");
        // From here on it lags for ever.
        await replica.Database.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await RememberAsync(gateway, "token:a", "after");

        line.LeadTo(replica.Port);
        line.Cut();
        await _redis.KillAsync();
        line.Mend();

        await Product.EventuallyAsync(async () => $"{await replica.Database.StringGetAsync(kept.Keys.Epoch)}".StartsWith("rebuilding:2-", StringComparison.Ordinal), "it is noticed");
        await UnavailableAsync(async () => await other.OwnsAsync("token:a", File("after"), Cancellation));
        await kept.StartAsync();
        Assert.True(await EventuallyOwnsAsync(other, "token:a", "after"));
        Assert.True(await EventuallyOwnsAsync(other, "token:a", "before"));
    }

    [Fact]
    [Trait("threat", "fault-15")]
    public async Task Who_was_told_by_a_Redis_that_had_forgotten_gives_way_to_who_came_first()
    {
        await using var kept = await KeptOwners.OpenAsync(_postgres, _redis.Address);
        // Its clock stands still, so that it does not look by itself.
        var (maker, other) = (kept.Gateway(new FakeTimeProvider(TimeProvider.System.GetUtcNow())), kept.Gateway());
        await RememberAsync(maker, "token:a", "file");
        // As if the last second had been lost, and nobody had noticed yet.
        await _redis.Database.KeyDeleteAsync([kept.Keys.Claim(File("file")), kept.Keys.Owned("token:a", File("file")), kept.Keys.AllOf("token:a"), kept.Keys.Changes]);
        var server = _redis.Database.Multiplexer.GetServers()[0];
        await _redis.Database.KeyDeleteAsync([.. server.Keys(pattern: "*:number:*")]);
        await Task.Delay(10, Cancellation);
        await RememberAsync(other, "token:b", "file");
        Assert.True(await other.OwnsAsync("token:b", File("file"), Cancellation));
        await kept.Recording.RecordAsync(1_000, Cancellation);

        await UnavailableAsync(async () => await maker.OwnsAsync("token:c", File("file"), Cancellation));
        await kept.PutBackAsync();

        Assert.Equal(["token:a file"], await kept.RowsAsync());
        Assert.True(await EventuallyOwnsAsync(kept.Gateway(), "token:a", "file"));
        Assert.False(await EventuallyOwnsAsync(kept.Gateway(), "token:b", "file"));
    }

    [Fact]
    public async Task A_gateway_that_was_away_says_again_what_is_lacking_and_brings_back_nothing_that_was_forgotten_since()
    {
        await using var kept = await KeptOwners.OpenAsync(_postgres, _redis.Address, wait: TimeSpan.Zero);
        // Their clocks stand still, so that they do not look by themselves.
        var standing = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var (late, later, other) = (kept.Gateway(standing), kept.Gateway(standing), kept.Gateway());
        await RememberAsync(late, "token:a", "deleted");
        await kept.Recording.RecordAsync(1_000, Cancellation);
        await other.ForgetAsync("token:a", File("deleted"), Cancellation);
        await kept.Recording.RecordAsync(1_000, Cancellation);
        await RememberAsync(later, "token:a", "lost");
        Assert.Equal((1, 1), (late.KeptChanges, later.KeptChanges));

        await _redis.Database.ExecuteAsync("FLUSHALL");
        await kept.PutBackAsync();
        Assert.False(await EventuallyOwnsAsync(other, "token:a", "lost"));
        await RememberAsync(late, "token:a", "new");
        await RememberAsync(later, "token:a", "newer");

        Assert.True(await EventuallyOwnsAsync(other, "token:a", "lost"));
        Assert.True(await EventuallyOwnsAsync(other, "token:a", "new"));
        Assert.False(await EventuallyOwnsAsync(other, "token:a", "deleted"));
        await kept.Recording.RecordAsync(1_000, Cancellation);
        Assert.Equal(["token:a lost", "token:a new", "token:a newer"], await kept.RowsAsync());
        Assert.True(await kept.LookAsync());
    }

    [Fact]
    public async Task What_is_put_back_lives_for_the_time_that_it_had_left()
    {
        await using var kept = await KeptOwners.OpenAsync(_postgres, _redis.Address, wait: TimeSpan.Zero);
        var gateway = kept.Gateway();
        await gateway.RememberAsync("token:a", [new OwnedObject(File("short"), 1), new OwnedObject(File("long"), 0)], Cancellation);
        await kept.Recording.RecordAsync(1_000, Cancellation);
        var hour = TimeSpan.FromHours(1);
        await _postgres.ExecuteAsync($"""UPDATE objects SET "ExpiresAt" = "ExpiresAt" - {(long)(23 * hour).TotalMilliseconds} WHERE "Id" = 'short'""");
        await _postgres.ExecuteAsync("""INSERT INTO objects SELECT "Owner", "Provider", "Kind", 'over', "CreatedAt", 1 FROM objects WHERE "Id" = 'short'""");

        await _redis.Database.ExecuteAsync("FLUSHALL");
        await kept.PutBackAsync();

        Assert.InRange((await _redis.Database.KeyTimeToLiveAsync(kept.Keys.Owned("token:a", File("short"))))!.Value, hour - TimeSpan.FromMinutes(5), hour);
        Assert.InRange((await _redis.Database.KeyTimeToLiveAsync(kept.Keys.Claim(File("long"))))!.Value, TimeSpan.FromDays(399), TimeSpan.FromDays(400));
        Assert.False(await EventuallyOwnsAsync(gateway, "token:a", "over"));
        Assert.False(await _redis.Database.KeyExistsAsync(kept.Keys.Owned("token:a", File("over"))));
    }

    [Fact]
    public async Task A_control_plane_that_was_held_up_touches_nothing_that_another_has_put_back()
    {
        await using var kept = await KeptOwners.OpenAsync(_postgres, _redis.Address);
        await RememberAsync(kept.Gateway(), "token:a", "file");
        var stale = kept.Known.ReadAsync(TimeProvider.System.GetUtcNow(), Cancellation);
        await kept.Recording.RecordAsync(1_000, Cancellation);

        Assert.False(await kept.Lost.ClearAsync("loading:1-gone"));
        Assert.Null(await kept.Lost.RestoreAsync("loading:1-gone", stale, []));

        Assert.True(await kept.Gateway().OwnsAsync("token:a", File("file"), Cancellation));
    }

    [Fact]
    public async Task On_a_cluster_it_is_the_same()
    {
        await using var cluster = await RedisServer.StartAsync(isCluster: true);
        await using var kept = await KeptOwners.OpenAsync(_postgres, cluster.Address);
        var gateway = kept.Gateway();
        await RememberAsync(gateway, "token:a", "recorded");
        await kept.Recording.RecordAsync(1_000, Cancellation);
        await RememberAsync(gateway, "token:a", "waiting");

        await cluster.Database.ExecuteAsync("FLUSHALL");
        await kept.StartAsync();

        Assert.True(await EventuallyOwnsAsync(kept.Gateway(), "token:a", "recorded"));
        Assert.True(await EventuallyOwnsAsync(kept.Gateway(), "token:a", "waiting"));
        // Emptied in part only: what is left is removed first.
        await gateway.ForgetAsync("token:a", File("recorded"), Cancellation);
        await kept.RecordedAsync();
        await cluster.Database.StringSetAsync(kept.Keys.Owned("token:a", File("recorded")), long.MaxValue);
        await cluster.Database.KeyDeleteAsync(kept.Keys.Epoch);
        await Product.EventuallyAsync(async () => $"{await cluster.Database.StringGetAsync(kept.Keys.Epoch)}".StartsWith("3-", StringComparison.Ordinal), "it is put back again");
        Assert.False(await EventuallyOwnsAsync(kept.Gateway(), "token:a", "recorded"));
        Assert.True(await EventuallyOwnsAsync(kept.Gateway(), "token:a", "waiting"));
    }

    private static StoredObject File(string id) => new("openai", "file", id);

    private static async Task RememberAsync(RedisObjectOwners gateway, string owner, params string[] ids) =>
        await gateway.RememberAsync(owner, [.. ids.Select(id => new OwnedObject(File(id), 0))], Cancellation);

    private static async Task UnavailableAsync(Func<Task> ask) => await Assert.ThrowsAsync<ObjectOwnersUnavailableException>(ask);

    private static async Task<bool> EventuallyOwnsAsync(RedisObjectOwners gateway, string owner, string id)
    {
        var owns = false;
        await Product.EventuallyAsync(
            async () =>
            {
                try
                {
                    owns = await gateway.OwnsAsync(owner, File(id), Cancellation);
                    return true;
                }
                catch (ObjectOwnersUnavailableException)
                {
                    return false;
                }
            },
            "it is told");
        return owns;
    }
}
