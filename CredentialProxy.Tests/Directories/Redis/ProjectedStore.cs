using CredentialProxy.Admin.Projecting;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Vault;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace CredentialProxy.Tests.Directories.Redis;

/// <summary>A real Postgres, projected into a real Redis, and gateways' directories that read it there.</summary>
internal sealed class ProjectedStore : IDirectoryStore
{
    private static readonly TimeSpan FollowEvery = TimeSpan.FromMilliseconds(500);

    private readonly TemporaryPostgres _postgres;
    private readonly IDataProtectionProvider _protection;
    private readonly IReadOnlyList<Credential> _environment;
    private readonly ProjectionMeter _meter = new();
    private readonly List<RedisDirectory> _directories = [];

    private ProjectedStore(TemporaryPostgres postgres, ConnectionMultiplexer connection, IDataProtectionProvider protection, IReadOnlyList<Credential> environment)
    {
        (_postgres, Connection, _protection, _environment) = (postgres, connection, protection, environment);
        Projection = new DirectoryProjection(connection, Name);
        Projector = NewProjector();
        Updater = new ProjectingUpdater(Projector, new ProjectionOptions { MaxWait = TimeSpan.FromSeconds(30) }, TimeProvider.System, NullLogger<ProjectingUpdater>.Instance);
    }

    public string Name { get; } = "t" + Guid.NewGuid().ToString("N");

    public ConnectionMultiplexer Connection { get; }

    public IDatabase Redis => Connection.GetDatabase();

    public DirectoryProjection Projection { get; }

    public DirectoryProjector Projector { get; }

    public IDirectoryUpdater Updater { get; }

    public TemporaryPostgres Postgres => _postgres;

    public static async Task<ProjectedStore> CreateAsync(RedisServer? server = null, IDataProtectionProvider? protection = null, IReadOnlyList<Credential>? environment = null)
    {
        var options = RedisConnection.Configure((server ?? await RedisServer.SharedAsync()).Address);
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(100);
        options.ReconnectRetryPolicy = new LinearRetry(50);
        return new ProjectedStore(await TemporaryPostgres.CreateAsync(), await ConnectionMultiplexer.ConnectAsync(options), protection ?? new EphemeralDataProtectionProvider(), environment ?? []);
    }

    /// <summary>Another control plane's.</summary>
    public DirectoryProjector NewProjector(TimeProvider? time = null) =>
        new(_postgres.Database, Projection, new ProjectionScope(TimeSpan.FromDays(7)), _meter, time ?? TimeProvider.System, NullLogger<DirectoryProjector>.Instance);

    public async Task ChangeAsync(Action<StorageContext> change)
    {
        await using var context = _postgres.CreateDbContext();
        change(context);
        await context.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    async Task<IDirectory> IDirectoryStore.StartAsync() => await StartAsync();

    public async Task<RedisDirectory> StartAsync(RedisDirectoryOptions? options = null, ILogger<RedisDirectory>? logger = null)
    {
        await Projector.ProjectAsync(TestContext.Current.CancellationToken);
        // Without the tests' asking, a change is heard of when it is announced.
        var directory = new RedisDirectory(
            Connection, Name, options ?? new RedisDirectoryOptions { ReferenceInterval = FollowEvery, ResyncInterval = FollowEvery / 5 }, _ => _protection, _environment, DirectoryContract.FilePrices, TimeProvider.System, logger ?? NullLogger<RedisDirectory>.Instance);
        _directories.Add(directory);
        await directory.CatchUpAsync(TestContext.Current.CancellationToken);
        return directory;
    }

    // It follows them by itself, twice in this time.
    public Task FollowAsync() => Task.Delay(2 * FollowEvery);

    public async Task CatchUpAsync()
    {
        foreach (var directory in _directories)
        {
            await directory.CatchUpAsync(TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var directory in _directories)
        {
            await directory.DisposeAsync();
        }
        Projector.Dispose();
        _meter.Dispose();
        await Connection.DisposeAsync();
        await _postgres.DisposeAsync();
    }
}
