using CredentialProxy.Admin;
using CredentialProxy.Admin.Keeping;
using CredentialProxy.Admin.Projecting;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Tests.Running;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace CredentialProxy.Tests.Directories.Redis;

/// <summary>What a directory that is not in the process must do besides.</summary>
public sealed class RedisDirectoryTests
{
    private static readonly TokenHash One = TokenHash.Of("ptk_one");
    private static readonly TokenHash Two = TokenHash.Of("ptk_two");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("threat", "avail-5")]
    public async Task A_flood_of_unknown_tokens_is_a_handful_of_reads_and_the_rest_is_told_to_try_again()
    {
        await using var store = await ProjectedStore.CreateAsync();
        await store.ChangeAsync(context => context.Tokens.Add(Token("tok_1", One)));
        var directory = await store.StartAsync(new RedisDirectoryOptions { MaxWaitingLookups = 500, UnknownCacheSize = 1_000 });
        Assert.NotNull(await directory.FindProxyTokenAsync(One, Cancellation));
        var before = directory.LookupCalls;

        var flood = Enumerable.Range(0, 5_000).Select(i => FindAsync(directory, TokenHash.Of($"guess {i}"))).ToList();
        var found = await Task.WhenAll(flood);

        Assert.DoesNotContain(found, answer => answer is Grant);
        Assert.Contains(found, answer => answer is null);
        Assert.InRange(directory.LookupCalls - before, 1, 200);
        Assert.InRange(directory.Cached.Unknown, 1, 1_100);
        // Nor does it push out what is known, which needs no read.
        before = directory.LookupCalls;
        Assert.NotNull(await directory.FindProxyTokenAsync(One, Cancellation));
        Assert.Equal(before, directory.LookupCalls);
    }

    [Fact]
    public async Task One_that_has_ended_listens_no_more_while_the_connection_and_others_on_it_live_on()
    {
        await using var store = await ProjectedStore.CreateAsync();
        var other = await store.StartAsync();
        var channel = new DirectoryKeys(store.Name).Channel;
        await using var second = await ConnectionMultiplexer.ConnectAsync(store.Connection.Configuration);
        var ended = new RedisDirectory(
            second, store.Name, new RedisDirectoryOptions(), _ => new EphemeralDataProtectionProvider(), [], DirectoryContract.FilePrices, TimeProvider.System, NullLogger<RedisDirectory>.Instance);
        await Product.EventuallyAsync(async () => await ListenersAsync() == 2, "both listen");

        await ended.DisposeAsync();

        await Product.EventuallyAsync(async () => await ListenersAsync() == 1, "one listens");
        Assert.True(second.IsConnected);
        var version = other.Version;
        await store.ChangeAsync(context => context.Tokens.Add(Token("tok_1", One)));
        await store.Projector.ProjectAsync(Cancellation);
        await Product.EventuallyAsync(() => Task.FromResult(other.Version > version), "the other hears of a change");

        async Task<long> ListenersAsync() => (long)((RedisResult[])(await store.Redis.ExecuteAsync("PUBSUB", "NUMSUB", $"{channel}"))!)[1];
    }

    [Fact]
    public async Task A_token_that_was_tried_before_it_was_made_is_known_once_it_is_made_even_when_no_announcement_arrives()
    {
        await using var store = await ProjectedStore.CreateAsync();
        await store.ChangeAsync(context => context.Tokens.Add(Token("tok_1", One)));
        var directory = await store.StartAsync(new RedisDirectoryOptions { UnknownFor = TimeSpan.FromMinutes(1) });
        Assert.Null(await directory.FindProxyTokenAsync(Two, Cancellation));
        Assert.NotNull(await directory.FindProxyTokenAsync(One, Cancellation));
        await store.Connection.GetSubscriber().UnsubscribeAllAsync();
        var version = directory.Version;

        await store.ChangeAsync(context =>
        {
            context.Tokens.Add(Token("tok_2", Two));
            context.Tokens.Single(row => row.Id == "tok_1").IsDisabled = true;
        });
        await store.Projector.ProjectAsync(Cancellation);

        await Product.EventuallyAsync(() => Task.FromResult(directory.Version > version), "the change is heard of");
        Assert.NotNull(await directory.FindProxyTokenAsync(Two, Cancellation));
        Assert.True((await directory.FindProxyTokenAsync(One, Cancellation))!.IsRevoked);
    }

    [Fact]
    public async Task While_redis_is_away_what_is_known_holds_and_what_is_not_is_neither_valid_nor_unknown()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = await ProjectedStore.CreateAsync(server);
        await store.ChangeAsync(context => context.Tokens.AddRange(Token("tok_1", One), Token("tok_2", Two)));
        var directory = await store.StartAsync();
        Assert.NotNull(await directory.FindProxyTokenAsync(One, Cancellation));

        await server.KillAsync();
        await Product.EventuallyAsync(() => Task.FromResult(directory.Silence > TimeSpan.Zero), "it is noticed");

        Assert.NotNull(await directory.FindProxyTokenAsync(One, Cancellation));
        await Assert.ThrowsAsync<DirectoryUnavailableException>(async () => await directory.FindProxyTokenAsync(Two, Cancellation));
        await server.StartAgainAsync();
        await Product.EventuallyAsync(async () => await FindAsync(directory, Two) is Grant, "it answers again");
        await Product.EventuallyAsync(() => Task.FromResult(directory.Silence == TimeSpan.Zero), "the silence is over");
    }

    [Fact]
    public async Task A_directory_that_is_lost_is_projected_anew_and_what_was_revoked_meanwhile_has_ended()
    {
        await using var store = await ProjectedStore.CreateAsync();
        await store.ChangeAsync(context => context.Tokens.AddRange(Token("tok_1", One), Token("tok_2", Two)));
        var directory = await store.StartAsync();
        Assert.NotNull(await directory.FindProxyTokenAsync(One, Cancellation));
        Assert.NotNull(await directory.FindProxyTokenAsync(Two, Cancellation));
        var ended = new List<string?>();
        directory.Changed += change => ended.AddRange(change.HasEnded ? [change.TokenId] : []);

        await DeleteAllAsync(store);
        Assert.NotNull(await directory.FindProxyTokenAsync(One, Cancellation));
        await Assert.ThrowsAsync<DirectoryUnavailableException>(async () => await directory.FindProxyTokenAsync(TokenHash.Of("other"), Cancellation));
        await store.ChangeAsync(context => context.Tokens.Single(row => row.Id == "tok_1").RevokedAt = TimeProvider.System.GetUtcNow());
        await store.Projector.ProjectAsync(Cancellation);
        await directory.CatchUpAsync(Cancellation);

        Assert.Equal(["tok_1"], ended);
        Assert.True((await directory.FindProxyTokenAsync(One, Cancellation))!.IsRevoked);
        Assert.False((await directory.FindProxyTokenAsync(Two, Cancellation))!.IsRevoked);
        Assert.Null(await directory.FindProxyTokenAsync(TokenHash.Of("other"), Cancellation));
    }

    [Fact]
    public async Task The_end_of_a_directory_that_redis_forgot_is_projected_again()
    {
        await using var store = await ProjectedStore.CreateAsync();
        await store.ChangeAsync(context => context.Tokens.Add(Token("tok_1", One)));
        var directory = await store.StartAsync();
        var state = await store.Projection.StateAsync();
        await store.ChangeAsync(context => context.Tokens.Single().IsDisabled = true);
        await store.Projector.ProjectAsync(Cancellation);
        await directory.CatchUpAsync(Cancellation);

        // As after a restart that has lost the last second: what was written last was never written.
        var token = (await store.Projection.ReadAsync(DirectoryKind.Token, ["tok_1"]))[0]!;
        await store.Redis.HashSetAsync($"{store.Name}:{{directory}}:tokens", "tok_1", token.Replace(",\"off\":true", "", StringComparison.Ordinal));
        await store.Redis.StringSetAsync($"{store.Name}:{{directory}}:version", state.Version);
        await store.Redis.StringSetAsync($"{store.Name}:{{directory}}:fence", state.Version);
        await store.Projector.ProjectAsync(Cancellation);
        await directory.CatchUpAsync(Cancellation);

        Assert.NotEqual(state.Mark, (await store.Projection.StateAsync()).Mark);
        Assert.True((await directory.FindProxyTokenAsync(One, Cancellation))!.IsRevoked);
    }

    [Fact]
    public async Task Whatever_differs_from_the_database_is_found_and_repaired()
    {
        await using var store = await ProjectedStore.CreateAsync();
        await store.ChangeAsync(context =>
        {
            context.Projects.Add(new ProjectRow { Id = "p1", Name = "one", CreatedAt = default });
            context.Tokens.AddRange(Token("tok_1", One), Token("tok_2", Two), Token("tok_3", TokenHash.Of("ptk_three")));
        });
        var directory = await store.StartAsync();
        Assert.Equal(0, await store.Projector.CompareAsync(Cancellation));
        var prefix = $"{store.Name}:{{directory}}:";

        await store.Redis.HashDeleteAsync(prefix + "tokens", "tok_1");
        await store.Redis.HashDeleteAsync(prefix + "hashes", Two.ToString());
        await store.Redis.HashSetAsync(prefix + "projects", "p1", """{"v":1,"lim":"[]","ft":["files"]}""");
        await store.Redis.HashSetAsync(prefix + "tokens", "tok_forged", DirectoryDocuments.Write(Token("tok_forged", TokenHash.Of("forged"))));
        await store.Redis.HashSetAsync(prefix + "hashes", TokenHash.Of("forged").ToString(), "tok_forged");
        Assert.NotNull(await directory.FindProxyTokenAsync(TokenHash.Of("forged"), Cancellation));

        Assert.InRange(await store.Projector.CompareAsync(Cancellation), 4, 5);
        await directory.CatchUpAsync(Cancellation);
        Assert.Null(await directory.FindProxyTokenAsync(TokenHash.Of("forged"), Cancellation));
        Assert.NotNull(await directory.FindProxyTokenAsync(One, Cancellation));
        Assert.NotNull(await directory.FindProxyTokenAsync(Two, Cancellation));
        Assert.Equal(Features.None, directory.FeaturesOfProject("p1"));
        Assert.Equal(0, await store.Projector.CompareAsync(Cancellation));
    }

    [Fact]
    public async Task A_token_whose_project_nobody_knows_spends_nothing()
    {
        await using var store = await ProjectedStore.CreateAsync();
        await store.ChangeAsync(context =>
        {
            context.Projects.Add(new ProjectRow { Id = "p1", Name = "one", CreatedAt = default });
            var token = Token("tok_1", One);
            token.ProjectId = "p1";
            context.Tokens.Add(token);
        });
        await store.Projector.ProjectAsync(Cancellation);
        await store.Redis.HashDeleteAsync($"{store.Name}:{{directory}}:projects", "p1");
        var directory = await store.StartAsync();

        var grant = await directory.FindProxyTokenAsync(One, Cancellation);

        Assert.Equal([new Limit(LimitUnit.Requests, 0, LimitWindow.Lifetime)], grant!.Accounts.Single(account => account.Account == AccountId.Project("p1")).Limits);
    }

    [Fact]
    public async Task A_comparison_holds_up_no_change_and_takes_none_for_a_difference()
    {
        await using var store = await ProjectedStore.CreateAsync();
        await store.ChangeAsync(context => context.Tokens.Add(Token("tok_1", One)));
        await store.StartAsync();
        // The comparison comes no further than to this table, which is read before tokens are.
        await using var blocker = await store.Postgres.Source.OpenConnectionAsync(Cancellation);
        await using var locked = await blocker.BeginTransactionAsync(Cancellation);
        await using (var command = new Npgsql.NpgsqlCommand("LOCK TABLE revocations IN ACCESS EXCLUSIVE MODE", blocker))
        {
            await command.ExecuteNonQueryAsync(Cancellation);
        }
        var comparing = store.Projector.CompareAsync(Cancellation);
        await store.ChangeAsync(context => context.Tokens.Add(Token("tok_2", Two)));
        await store.Projector.ProjectAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.Equal("tok_2", await store.Redis.HashGetAsync($"{store.Name}:{{directory}}:hashes", Two.ToString()));
        Assert.False(comparing.IsCompleted);
        await locked.RollbackAsync(Cancellation);
        Assert.Equal(0, await comparing);
        Assert.Equal("tok_2", await store.Redis.HashGetAsync($"{store.Name}:{{directory}}:hashes", Two.ToString()));
    }

    [Fact]
    public async Task It_is_compared_on_a_schedule_and_again_soon_where_that_failed()
    {
        await using var store = await ProjectedStore.CreateAsync();
        await store.ChangeAsync(context => context.Tokens.Add(Token("tok_1", One)));
        await store.StartAsync();
        var tokens = $"{store.Name}:{{directory}}:tokens";
        var document = await store.Redis.HashGetAsync(tokens, "tok_1");
        // One that takes place at all is the next day.
        using var loop = new ProjectionLoop(
            store.Projector, store.Projection, new ProjectionOptions { Interval = TimeSpan.FromMilliseconds(50), CompareInterval = TimeSpan.FromDays(1) }, TimeProvider.System, NullLogger<ProjectionLoop>.Instance);
        await store.Redis.KeyDeleteAsync(tokens);
        await store.Redis.StringSetAsync(tokens, "no hash");
        await loop.StartAsync(Cancellation);
        await Task.Delay(300, Cancellation);

        await store.Redis.KeyDeleteAsync(tokens);

        await Product.EventuallyAsync(async () => await store.Redis.HashGetAsync(tokens, "tok_1") == document, "it is repaired");
        await loop.StopAsync(Cancellation);
        using var next = new ProjectionLoop(
            store.Projector, store.Projection, new ProjectionOptions { Interval = TimeSpan.FromMilliseconds(50), CompareInterval = TimeSpan.FromSeconds(1) }, TimeProvider.System, NullLogger<ProjectionLoop>.Instance);
        await store.Redis.KeyDeleteAsync($"{store.Name}:{{directory}}:compared");
        await next.StartAsync(Cancellation);
        for (var round = 0; round < 2; round++)
        {
            await store.Redis.HashSetAsync(tokens, "tok_1", "forged");
            await Product.EventuallyAsync(async () => await store.Redis.HashGetAsync(tokens, "tok_1") == document, "it is repaired");
        }
        await next.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_revocation_is_carried_for_as_long_as_a_token_may_live_and_then_goes_without_a_word()
    {
        await using var store = await ProjectedStore.CreateAsync();
        var now = TimeProvider.System.GetUtcNow();
        var old = new RevocationRow { Jti = "old", RevokedAt = now.AddDays(-8) };
        await store.ChangeAsync(context => context.Revocations.AddRange(old, new RevocationRow { Jti = "new", RevokedAt = now.AddDays(-6) }));
        var directory = await store.StartAsync();
        Assert.True(directory.IsRevoked("new"));
        // As it was carried until yesterday.
        await store.Redis.HashSetAsync($"{store.Name}:{{directory}}:revocations", "old", DirectoryDocuments.Write(old));
        var restarted = await store.StartAsync();
        Assert.True(restarted.IsRevoked("old"));

        Assert.Equal(0, await store.Projector.CompareAsync(Cancellation));
        await restarted.CatchUpAsync(Cancellation);

        Assert.False(restarted.IsRevoked("old"));
        Assert.True(restarted.IsRevoked("new"));
    }

    [Fact]
    public async Task A_revocation_that_was_forgotten_is_no_difference_and_goes_from_the_directory_too()
    {
        await using var store = await ProjectedStore.CreateAsync();
        var now = TimeProvider.System.GetUtcNow();
        var keeping = new KeepingOptions { RevocationDays = 1 };
        await store.ChangeAsync(context => context.Revocations.AddRange(new RevocationRow { Jti = "over", RevokedAt = now.AddDays(-6) }, new RevocationRow { Jti = "new", RevokedAt = now }));
        var directory = await store.StartAsync();
        Assert.True(directory.IsRevoked("over"));

        // Three days later, but for the directory, which no change has reached since.
        using var keeper = new HistoryKeeper(
            new PostgresStorageFactory(store.Postgres.Source), store.Updater, new AdminOptions { AdminKeyHash = default, Keeping = keeping }, new SessionTokenOptions(), new FakeTimeProvider(now.AddDays(3)), NullLogger<HistoryKeeper>.Instance);
        await keeper.KeepAsync(Cancellation);
        Assert.Equal(["new"], await store.Postgres.QueryAsync<string>("SELECT \"Jti\" FROM revocations"));
        Assert.Equal([0L], await store.Postgres.QueryAsync<long>("SELECT count(*) FROM outbox"));

        Assert.Equal(0, await store.Projector.CompareAsync(Cancellation));
        await directory.CatchUpAsync(Cancellation);
        Assert.Equal((false, true), (directory.IsRevoked("over"), directory.IsRevoked("new")));
        Assert.Equal(0, await store.Projector.CompareAsync(Cancellation));
    }

    [Fact]
    public async Task Several_control_planes_at_once_project_every_change_and_an_overtaken_one_writes_nothing()
    {
        await using var store = await ProjectedStore.CreateAsync();
        var directory = await store.StartAsync();
        using var other = store.NewProjector();

        await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            await store.ChangeAsync(context => context.Tokens.Add(Token($"tok_{i}", TokenHash.Of($"ptk_{i}"))));
            await (i % 2 == 0 ? store.Projector : other).ProjectAsync(Cancellation);
            Assert.NotNull((await store.Projection.ReadAsync(DirectoryKind.Token, [$"tok_{i}"]))[0]);
        }));

        Assert.Equal(0, await store.Projector.CompareAsync(Cancellation));
        Assert.Equal([0L], await store.Postgres.QueryAsync<long>("SELECT count(*) FROM outbox"));
        var state = await store.Projection.StateAsync();
        Assert.False(await store.Projection.WriteAsync(state.Version - 1, [new DirectoryEdit(DirectoryKind.Token, "tok_1", null)], isLast: true));
        Assert.Equal(state, await store.Projection.StateAsync());
        await directory.CatchUpAsync(Cancellation);
        Assert.NotNull(await directory.FindProxyTokenAsync(TokenHash.Of("ptk_1"), Cancellation));
    }

    [Fact]
    public async Task A_gateway_that_is_there_before_the_directory_says_so_and_begins_when_it_comes()
    {
        await using var store = await ProjectedStore.CreateAsync();
        await using var directory = new RedisDirectory(
            store.Connection, store.Name, new RedisDirectoryOptions(), _ => new Microsoft.AspNetCore.DataProtection.EphemeralDataProtectionProvider(), [], DirectoryContract.FilePrices, TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<RedisDirectory>.Instance);
        await directory.CatchUpAsync(Cancellation);
        Assert.False(directory.IsLoaded);
        await Assert.ThrowsAsync<DirectoryUnavailableException>(async () => await directory.FindProxyTokenAsync(One, Cancellation));

        await store.ChangeAsync(context => context.Tokens.Add(Token("tok_1", One)));
        await store.Projector.ProjectAsync(Cancellation);

        await Product.EventuallyAsync(() => Task.FromResult(directory.IsLoaded), "it is read");
        Assert.NotNull(await directory.FindProxyTokenAsync(One, Cancellation));
    }

    private static async Task<object?> FindAsync(RedisDirectory directory, TokenHash hash)
    {
        try
        {
            return await directory.FindProxyTokenAsync(hash, Cancellation);
        }
        catch (DirectoryUnavailableException e)
        {
            return e;
        }
    }

    private static async Task DeleteAllAsync(ProjectedStore store)
    {
        var server = store.Connection.GetServers()[0];
        await foreach (var key in server.KeysAsync(pattern: store.Name + ":*"))
        {
            await store.Redis.KeyDeleteAsync(key);
        }
    }

    private static TokenRow Token(string id, TokenHash hash) => new() { Id = id, Kind = "proxy", Hash = hash.ToString(), LastFour = "abcd", CreatedAt = TimeProvider.System.GetUtcNow() };
}
