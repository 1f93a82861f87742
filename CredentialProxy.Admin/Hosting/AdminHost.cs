using CredentialProxy.Admin.Issuing;
using CredentialProxy.Admin.KeyRings;
using CredentialProxy.Admin.Ownership;
using CredentialProxy.Admin.Projecting;
using CredentialProxy.Admin.Rebuilding;
using CredentialProxy.Admin.Reconciling;
using CredentialProxy.Admin.Recording;
using CredentialProxy.Admin.Recording.Streams;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Objects.Redis;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Tokens;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.Hosting;
using CredentialProxy.ServiceDefaults.KeyRings;
using Npgsql;
using StackExchange.Redis;

namespace CredentialProxy.Admin.Hosting;

/// <summary>The control plane in a process of its own, on Postgres and Redis. Any number may run.</summary>
internal sealed class AdminHost(IConfiguration configuration, Action<ILoggingBuilder> logging) : ServiceHost(configuration, logging)
{
    private const int Port = 8081;

    /// <summary>How long <c>/ready</c> waits for the database.</summary>
    private const int ReadyTimeoutSeconds = 2;

    /// <summary>The admin key where it was made at this start, so that it must be shown.</summary>
    public string? NewAdminKey { get; private set; }

    /// <summary>Starts it; nothing is left running when it fails.</summary>
    /// <exception cref="StartupException">A setting is wrong, the port is taken, or the database can't be used.</exception>
    public static Task<AdminHost> StartAsync(IConfiguration configuration, Action<ILoggingBuilder> logging, CancellationToken cancellationToken) =>
        StartAsync(new AdminHost(configuration, logging), cancellationToken);

    protected override async Task StartAsync(CancellationToken cancellationToken)
    {
        var settings = AdminSettings.Read(Configuration);
        var (address, port) = (ListeningPlace.ReadAddress(Configuration), ListeningPlace.ReadPort(Configuration, EnvironmentNames.ControlPort, Port));
        var wrapping = RingWrapping.Read(Configuration);
        var catalog = ProviderCatalogBuilder.Build(settings.Providers);
        var prices = PriceTable.Load(settings.Pricing);
        var connection = ConnectionNames.ReadRedis(Configuration, RedisConnection.Configure);
        var time = TimeProvider.System;
        var logs = Parts.Own(LoggerFactory.Create(Logging));
        var database = Parts.Own(PostgresDatabase.Of(Configuration, time));
        var ring = await KeyRingSetup.OpenAsync(database, settings.Postgres.WaitForServer, wrapping, logs, time, cancellationToken);
        var (secrets, admin) = await OpenSecretsAsync(database, ring, settings, cancellationToken);

        var redis = Parts.Own(await ConnectionMultiplexer.ConnectAsync(connection));
        var directory = Parts.Own(new RedisDirectory(redis, settings.Redis.Name, new RedisDirectoryOptions(), _ => ring, [], prices, time, logs.CreateLogger<RedisDirectory>()));
        var authority = Parts.Own(new RedisQuotaAuthority(redis, settings.Redis, time, logs.CreateLogger<RedisQuotaAuthority>()));
        if (await authority.FindSetupMistakeAsync(cancellationToken) is { } mistake)
        {
            throw new StartupException(mistake);
        }
        var owners = Parts.Own(new RedisObjectOwners(redis, settings.Redis, settings.ObjectOwners, time, logs.CreateLogger<RedisObjectOwners>()));
        Readiness = new Readiness(stop => TroubleAsync(database, directory, stop));
        var scope = new ProjectionScope(settings.Keeping.RevocationsFor(settings.SessionTokens.MaxLifetimeSeconds));
        var sessions = settings.SessionTokens.With(secrets.SigningSecret);

        var app = Parts.Build(
            services =>
            {
                services.AddSingleton(time).AddSingleton(catalog).AddSingleton<IDirectory>(directory).AddSingleton(new GrantFactory(directory, catalog)).AddSingleton<IQuotaAuthority>(authority)
                    .AddSingleton<IObjectOwners>(owners)
                    .AddSingleton(sessions).AddSingleton(new SessionTokenVerifier(sessions, time, () => directory.SigningKeys)).AddSingleton(new SessionTokenMinter(sessions, time))
                    .AddSingleton(new AdminTokenVerifier(secrets.AdminTokens(secrets.SigningSecret), time))
                    // What gateways have settled is theirs to write; it is on its way within moments.
                    .AddSingleton(new SettlementBarrier(_ => default))
                    .AddPostgresStorage(database, settings.UsageKeeping)
                    .AddKeyRing(ring, wrapping)
                    .AddDirectoryProjection(database, redis, settings.Redis.Name, scope, settings.Projection)
                    .AddUsageRecorder(redis, settings.Redis, settings.Recorder)
                    .AddObjectOwnership(redis, settings.Redis.Name, settings.ObjectOwners)
                    .AddAccountRebuilding(redis, settings.Redis, settings.Rebuilding)
                    .AddLeaseReconciling(redis, settings.Redis, settings.Reconciling)
                    .AddCredentialProxyAdmin(admin);
                Readiness.AddTo(services);
            },
            kestrel => kestrel.ConfigureAdmin(address, port));
        Readiness.Use(app);
        app.MapCredentialProxyAdmin();
        Address = await Parts.RunAsync(app, EnvironmentNames.ControlPort, port, cancellationToken);
    }

    private async Task<(InstallationSecrets Secrets, AdminOptions Admin)> OpenSecretsAsync(PostgresDatabase database, KeyRing ring, AdminSettings settings, CancellationToken cancellationToken)
    {
        var storage = new PostgresStorageFactory(database.Source);
        var secrets = new InstallationSecrets(storage, Configuration);
        try
        {
            await using (var guard = await database.OpenAsync(settings.Postgres.WaitForServer, cancellationToken))
            {
                await using var transaction = await guard.BeginTransactionAsync(cancellationToken);
                // Or each of several would make a first key.
                await AdvisoryLocks.SigningKeys.TakeAsync(guard, cancellationToken);
                await new FirstSigningKey(storage, ring, TimeProvider.System).EnsureAsync(TimeSpan.FromSeconds(settings.SessionTokens.MaxLifetimeSeconds), cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }
            var (hash, key, isNew) = await secrets.AdminKeyAsync(mustBeKnown: false, cancellationToken);
            NewAdminKey = isNew ? key : null;
            return (secrets, new AdminOptions { AdminKeyHash = hash, HostedToolCalls = settings.HostedToolCalls, Keeping = settings.Keeping });
        }
        catch (NpgsqlException e)
        {
            throw database.Explain(e);
        }
    }

    private static async ValueTask<string?> TroubleAsync(PostgresDatabase database, RedisDirectory directory, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = database.Source.CreateCommand("SELECT 1");
            command.CommandTimeout = ReadyTimeoutSeconds;
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (NpgsqlException)
        {
            return "Postgres can't be reached";
        }
        return directory.IsLoaded && directory.Silence == TimeSpan.Zero ? null : "Redis can't be reached, or the directory in it is not written yet";
    }
}
