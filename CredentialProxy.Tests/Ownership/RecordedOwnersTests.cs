using CredentialProxy.Admin.Ownership;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Objects.Redis;
using CredentialProxy.Tests.Recording.Streams;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;
using StackExchange.Redis;

namespace CredentialProxy.Tests.Ownership;

/// <summary>Whose stored objects are comes out of Redis into Postgres: each change once, in its order, whatever fails in between.</summary>
public sealed class RecordedOwnersTests : IAsyncLifetime
{
    private RedisServer _redis = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync();

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task While_Postgres_is_away_changes_wait_and_none_is_lost_even_if_Redis_loses_them_too()
    {
        var server = await PostgresServer.StartAsync("-c fsync=off");
        await using var postgres = await TemporaryPostgres.CreateOnAsync(server);
        await using var kept = await KeptOwners.OpenAsync(postgres, _redis.Address);
        var gateway = kept.Gateway();
        await RememberAsync(gateway, "token:a", "before", "deleted");
        await kept.StartAsync();
        await kept.RecordedAsync();

        await server.StopAsync();
        await RememberAsync(gateway, "token:a", "during");
        await gateway.ForgetAsync("token:a", File("deleted"), Cancellation);
        await Product.EventuallyAsync(() => Task.FromResult(kept.Lines.Any(line => line.Contains("waits in Redis", StringComparison.Ordinal))), "it is told");
        Assert.Equal(2, await _redis.Database.StreamLengthAsync(kept.Keys.Changes));
        Assert.True(await gateway.OwnsAsync("token:a", File("during"), Cancellation));
        await _redis.Database.ExecuteAsync("FLUSHALL");
        await Assert.ThrowsAsync<ObjectOwnersUnavailableException>(async () => await kept.Gateway().OwnsAsync("token:a", File("before"), Cancellation));
        await server.StartAgainAsync();

        await Product.EventuallyAsync(() => Task.FromResult(kept.Lines.Any(line => line.Contains("put back in Redis as epoch 2-", StringComparison.Ordinal))), "it is put back");
        await kept.RecordedAsync();
        Assert.Equal(["token:a before", "token:a during"], await kept.RowsAsync());
        Assert.True(await kept.Gateway().OwnsAsync("token:a", File("during"), Cancellation));
        Assert.False(await kept.Gateway().OwnsAsync("token:a", File("deleted"), Cancellation));
    }

    [Fact]
    public async Task What_nobody_thought_of_is_told_and_ends_neither_the_recording_nor_the_putting_back()
    {
        var time = new BrokenTime();
        await using var postgres = await TemporaryPostgres.CreateAsync();
        await using var kept = await KeptOwners.OpenAsync(postgres, _redis.Address, wait: TimeSpan.Zero, time: time);
        await RememberAsync(kept.Gateway(), "token:a", "x");
        time.IsBroken = true;
        await kept.StartAsync();
        foreach (var part in new[] { nameof(OwnerRecorder), nameof(OwnerRebuilder) })
        {
            await Product.EventuallyAsync(() => Task.FromResult(kept.Lines.Any(line => line.StartsWith($"Error {typeof(OwnerRecorder).Namespace}.{part}[6606]", StringComparison.Ordinal) && line.Contains("scripted", StringComparison.Ordinal))), $"{part} tells of it");
        }

        time.IsBroken = false;

        await kept.RecordedAsync();
        Assert.Equal(["token:a x"], await kept.RowsAsync());
        await _redis.Database.ExecuteAsync("FLUSHALL");
        await Product.EventuallyAsync(() => Task.FromResult(kept.Lines.Any(line => line.Contains("put back in Redis as epoch 2-", StringComparison.Ordinal))), "it is put back");
        Assert.True(await kept.Gateway().OwnsAsync("token:a", File("x"), Cancellation));
    }

    [Fact]
    public async Task Who_ends_between_writing_and_removing_leaves_what_the_next_one_knows_again()
    {
        await using var postgres = await TemporaryPostgres.CreateAsync();
        await using var kept = await KeptOwners.OpenAsync(postgres, _redis.Address);
        var (gateway, other) = (kept.Gateway(), kept.Gateway());
        await RememberAsync(gateway, "token:a", "x", "y");
        await gateway.ForgetAsync("token:a", File("x"), Cancellation);
        await RememberAsync(other, "token:b", "x");
        var entries = await _redis.Database.StreamRangeAsync(kept.Keys.Changes);

        // It has written, and removes nothing any more.
        Assert.Equal(4, await kept.Rows.KeepAsync(() => Read(entries), Cancellation));
        Assert.Equal(["token:a y", "token:b x"], await kept.RowsAsync());
        await RememberAsync(gateway, "token:a", "z");
        await kept.Recording.RecordAsync(1_000, Cancellation);

        Assert.Equal(["token:a y", "token:a z", "token:b x"], await kept.RowsAsync());
        Assert.Equal(0, await _redis.Database.StreamLengthAsync(kept.Keys.Changes));
        Assert.Equal(0, await kept.Rows.KeepAsync(() => Read(entries), Cancellation));
    }

    [Fact]
    public async Task Several_control_planes_at_once_keep_the_order()
    {
        await using var postgres = await TemporaryPostgres.CreateAsync();
        await using var kept = await KeptOwners.OpenAsync(postgres, _redis.Address);
        await kept.StartAsync();
        using var stop = new CancellationTokenSource();
        var others = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await kept.Recording.RecordAsync(3, Cancellation);
            }
        })).ToArray();
        var gateway = kept.Gateway();
        for (var i = 0; i < 100; i++)
        {
            await RememberAsync(gateway, "token:a", "x", $"mine-{i}");
            await gateway.ForgetAsync("token:a", File("x"), Cancellation);
            await gateway.ForgetAsync("token:a", File($"mine-{i}"), Cancellation);
        }
        await RememberAsync(gateway, "token:b", "x");
        await kept.RecordedAsync();
        await stop.CancelAsync();
        await Task.WhenAll(others);

        Assert.Equal(["token:b x"], await kept.RowsAsync());
    }

    [Fact]
    public async Task What_is_another_s_is_not_recorded_and_does_not_become_this_one_s_by_being_said_again()
    {
        await using var postgres = await TemporaryPostgres.CreateAsync();
        await using var kept = await KeptOwners.OpenAsync(postgres, _redis.Address);
        var (gateway, other) = (kept.Gateway(), kept.Gateway());
        await RememberAsync(gateway, "token:a", "x");
        await RememberAsync(other, "token:b", "x", "y");

        Assert.True(await kept.Gateway().OwnsAsync("token:a", File("x"), Cancellation));
        await _redis.Database.ExecuteAsync("FLUSHALL");
        await kept.PutBackAsync();

        Assert.Equal(["token:a x", "token:b y"], await kept.RowsAsync());
    }

    [Fact]
    public async Task What_Redis_can_t_take_is_told_at_once_and_written_when_it_is_back()
    {
        await using var postgres = await TemporaryPostgres.CreateAsync();
        await using var kept = await KeptOwners.OpenAsync(postgres, _redis.Address);
        var gateway = kept.Gateway();
        await RememberAsync(gateway, "token:a", "before");
        await _redis.KillAsync();

        await Assert.ThrowsAsync<ObjectOwnersUnavailableException>(() => RememberAsync(gateway, "token:a", "during"));
        await Assert.ThrowsAsync<ObjectOwnersUnavailableException>(async () => await gateway.ForgetAsync("token:a", File("before"), Cancellation));
        await _redis.StartAgainAsync();

        await Product.EventuallyAsync(async () => await _redis.Database.StreamLengthAsync(kept.Keys.Changes) == 3, "they are written");
        await kept.Recording.RecordAsync(1_000, Cancellation);
        Assert.Equal(["token:a during"], await kept.RowsAsync());
        Assert.True(await kept.Gateway().OwnsAsync("token:a", File("during"), Cancellation));
    }

    [Fact]
    [Trait("threat", "avail-4")]
    public async Task Beyond_its_bound_the_stream_takes_no_more_and_the_alarm_comes_before()
    {
        await using var postgres = await TemporaryPostgres.CreateAsync();
        await using var kept = await KeptOwners.OpenAsync(postgres, _redis.Address, new ObjectOwnersOptions { MaxWaiting = 4 });
        var gateway = kept.Gateway();
        await RememberAsync(gateway, "token:a", "1", "2", "3", "4");

        await Assert.ThrowsAsync<ObjectOwnersUnavailableException>(() => RememberAsync(gateway, "token:a", "5"));
        Assert.True(await gateway.OwnsAsync("token:a", File("4"), Cancellation));
        Assert.Equal(2, kept.Health.AlarmAbove);
        kept.Health.Saw(3);
        Assert.True(kept.Health.IsAlarmed);

        await kept.Recording.RecordAsync(1_000, Cancellation);
        await Product.EventuallyAsync(async () => await _redis.Database.StreamLengthAsync(kept.Keys.Changes) == 1, "there is room again");
        Assert.True(await kept.Gateway().OwnsAsync("token:a", File("5"), Cancellation));
    }

    [Fact]
    public async Task An_entry_that_can_t_be_kept_is_put_aside_and_holds_up_nobody()
    {
        await using var postgres = await TemporaryPostgres.CreateAsync();
        await using var kept = await KeptOwners.OpenAsync(postgres, _redis.Address);
        var gateway = kept.Gateway();
        await _redis.Database.StreamAddAsync(kept.Keys.Changes, "what", "is this?");
        await RememberAsync(gateway, "token:a", "x");
        await RememberAsync(gateway, "token:" + Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(2_900)), "y");
        await RememberAsync(gateway, "token:a", "nul\0", "z");

        await kept.StartAsync();
        await kept.RecordedAsync();

        Assert.Equal(["token:a x", "token:a z"], await kept.RowsAsync());
        Assert.Equal(3, await _redis.Database.StreamLengthAsync(kept.Keys.DeadLetters));
    }

    [Fact]
    public async Task What_is_over_and_what_an_owner_has_too_much_of_is_forgotten_in_Postgres_too()
    {
        await using var postgres = await TemporaryPostgres.CreateAsync();
        await using var kept = await KeptOwners.OpenAsync(postgres, _redis.Address, new ObjectOwnersOptions { MaxPerOwner = 100 });
        await postgres.ExecuteAsync("""
            INSERT INTO objects ("Owner", "Provider", "Kind", "Id", "CreatedAt", "ExpiresAt")
            SELECT 'token:a', 'openai', 'file', 'f' || n, n, 99999999999999 FROM generate_series(1, 103) AS n UNION ALL SELECT 'token:b', 'openai', 'file', 'o' || n, 1, 1 FROM generate_series(1, 5001) AS n
            """);
        await postgres.ExecuteAsync("""INSERT INTO object_numbers ("Instance", "Number", "SeenAt") VALUES ('old', 5, 0)""");

        await kept.Known.ForgetOverAsync(TimeProvider.System.GetUtcNow(), Cancellation);
        await kept.Known.ForgetOldestAsync(Cancellation);

        var rows = await kept.RowsAsync();
        Assert.Equal(100, rows.Count);
        Assert.Contains("token:a f4", rows);
        Assert.DoesNotContain("token:a f3", rows);
        Assert.Empty(await postgres.QueryAsync<string>("SELECT \"Instance\" FROM object_numbers"));
    }

    private static Task<IReadOnlyList<StreamedOwner>> Read(StreamEntry[] entries) => Task.FromResult<IReadOnlyList<StreamedOwner>>([.. entries.Select(StreamedOwner.Read)]);

    private static StoredObject File(string id) => new("openai", "file", id);

    private static async Task RememberAsync(RedisObjectOwners gateway, string owner, params string[] ids) =>
        await gateway.RememberAsync(owner, [.. ids.Select(id => new OwnedObject(File(id), 0))], Cancellation);
}
