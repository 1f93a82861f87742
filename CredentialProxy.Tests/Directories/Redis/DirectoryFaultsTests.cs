using System.Collections.Concurrent;
using System.Reflection;
using CredentialProxy.Admin.Projecting;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Tests.Recording.Streams;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CredentialProxy.Tests.Directories.Redis;

/// <summary>What nobody thought of ends nothing that keeps a directory, writes it or reads it.</summary>
public sealed class DirectoryFaultsTests
{
    private static readonly TokenHash One = TokenHash.Of("ptk_one");

    private readonly ConcurrentQueue<string> _lines = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_nobody_thought_of_is_told_and_changes_go_on_being_projected()
    {
        await using var store = await ProjectedStore.CreateAsync();
        await store.StartAsync();
        var time = new BrokenTime { IsBroken = true };
        using var projector = store.NewProjector(time);
        using var logs = Logs();
        var options = new ProjectionOptions { Interval = TimeSpan.FromMilliseconds(50), CompareInterval = TimeSpan.FromDays(1) };
        using var loop = new ProjectionLoop(projector, store.Projection, options, TimeProvider.System, logs.CreateLogger<ProjectionLoop>());
        await store.ChangeAsync(context => context.Tokens.Add(Token("tok_1", One)));
        await loop.StartAsync(Cancellation);
        await ToldAsync("A projection failed by a fault of ours");
        Assert.Equal([null], await store.Projection.ReadAsync(DirectoryKind.Token, ["tok_1"]));

        time.IsBroken = false;

        await Product.EventuallyAsync(async () => (await store.Projection.ReadAsync(DirectoryKind.Token, ["tok_1"]))[0] is not null, "it is projected");
        await loop.StopAsync(Cancellation);
    }

    [Fact]
    public async Task What_nobody_thought_of_is_told_and_changes_go_on_being_read_with_those_that_came_meanwhile()
    {
        await using var store = await ProjectedStore.CreateAsync();
        await store.ChangeAsync(context => context.Tokens.Add(Token("tok_1", One)));
        using var logs = Logs();
        var directory = await store.StartAsync(logger: logs.CreateLogger<RedisDirectory>());
        Assert.False((await directory.FindProxyTokenAsync(One, Cancellation))!.IsRevoked);
        var isBroken = true;
        var changes = new ConcurrentQueue<DirectoryChange>();
        directory.Changed += change =>
        {
            if (Volatile.Read(ref isBroken))
            {
                throw new InvalidTimeZoneException("scripted");
            }
            changes.Enqueue(change);
        };

        await store.ChangeAsync(context => context.Tokens.Single().RevokedAt = TimeProvider.System.GetUtcNow());
        await store.Projector.ProjectAsync(Cancellation);
        await ToldAsync("scripted");
        Volatile.Write(ref isBroken, false);

        // Whoever listens hears of a change again: of any, since what it was is not known any more.
        await Product.EventuallyAsync(() => Task.FromResult(changes.Any(change => change.TokenId is null)), "it is read anew");
        Assert.True((await directory.FindProxyTokenAsync(One, Cancellation))!.IsRevoked);
        await store.ChangeAsync(context => context.Tokens.Add(Token("tok_2", TokenHash.Of("ptk_two"))));
        await store.Projector.ProjectAsync(Cancellation);
        await Product.EventuallyAsync(() => Task.FromResult(changes.Any(change => change.TokenId == "tok_2")), "the next change is heard of");
    }

    [Fact]
    public async Task Who_looks_a_token_up_hears_of_what_nobody_thought_of_and_the_next_one_finds_it()
    {
        await using var store = await ProjectedStore.CreateAsync();
        await store.ChangeAsync(context => context.Tokens.Add(Token("tok_1", One)));
        await store.StartAsync();
        var database = BreakableDatabase.Of(store.Redis);
        await using var lookups = new TokenLookups((IDatabase)(object)database, new DirectoryKeys(store.Name), new RedisDirectoryOptions(), TimeProvider.System);

        database.IsBroken = true;
        var waiting = Enumerable.Range(0, 3).Select(_ => lookups.FindAsync(TokenKey.Of("tok_1"), Cancellation)).ToList();
        foreach (var one in waiting)
        {
            await Assert.ThrowsAsync<InvalidTimeZoneException>(() => one);
        }
        database.IsBroken = false;

        Assert.NotNull(await lookups.FindAsync(TokenKey.Of("tok_1"), Cancellation));
    }

    private static TokenRow Token(string id, TokenHash hash) => new() { Id = id, Kind = "proxy", Hash = hash.ToString(), LastFour = "abcd", CreatedAt = TimeProvider.System.GetUtcNow() };

    private ILoggerFactory Logs() => LoggerFactory.Create(logging => logging.AddProvider(new QueueLoggerProvider(_lines)));

    private Task ToldAsync(string text) =>
        Product.EventuallyAsync(() => Task.FromResult(_lines.Any(line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains(text, StringComparison.Ordinal))), "it is told");

    /// <summary>A database that may break in a way that nobody would think of.</summary>
    public class BreakableDatabase : DispatchProxy
    {
        private IDatabase _database = null!;
        private volatile bool _isBroken;

        internal bool IsBroken
        {
            get => _isBroken;
            set => _isBroken = value;
        }

        internal static BreakableDatabase Of(IDatabase database)
        {
            var proxy = (BreakableDatabase)(object)Create<IDatabase, BreakableDatabase>();
            proxy._database = database;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => IsBroken ? throw new InvalidTimeZoneException("scripted") : targetMethod!.Invoke(_database, args);
    }
}
