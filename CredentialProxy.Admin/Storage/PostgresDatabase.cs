using System.Net.Sockets;
using CredentialProxy.ServiceDefaults.Configuration;
using Npgsql;

namespace CredentialProxy.Admin.Storage;

/// <summary>The database that the connection string <c>postgres</c> names, and one line on what is wrong with it when it can't be used. No line holds a password.</summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    /// <summary>Name of the connection string.</summary>
    public const string ConnectionName = "postgres";

    private const string Setting = "ConnectionStrings:" + ConnectionName;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly NpgsqlConnectionStringBuilder _connection;
    private readonly TimeProvider _time;

    private PostgresDatabase(NpgsqlConnectionStringBuilder connection, TimeProvider time) =>
        (_connection, _time, Source) = (connection, time, NpgsqlDataSource.Create(connection));

    /// <summary>Its connections.</summary>
    public NpgsqlDataSource Source { get; }

    private string Server => $"Postgres at {_connection.Host}:{_connection.Port}";

    /// <summary>Reads the connection string; connects to nothing yet.</summary>
    /// <exception cref="StartupException">There is none, or it makes no sense.</exception>
    public static PostgresDatabase Of(IConfiguration configuration, TimeProvider time)
    {
        if (configuration.GetConnectionString(ConnectionName) is not { Length: > 0 } text)
        {
            throw new StartupException($"The setting {Setting} is missing: set ConnectionStrings__{ConnectionName} to something like 'Host=db;Database=credential_proxy;Username=…;Password=…'.");
        }
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(text);
            connection.ApplicationName ??= "CredentialProxy.Admin";
            // Nothing of ours leaves anything behind in a session but the writer's staging table, which is meant to be found again.
            connection.NoResetOnClose = true;
            return string.IsNullOrEmpty(connection.Host) ? throw NotValid() : new PostgresDatabase(connection, time);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or InvalidCastException or NotSupportedException)
        {
            // Its message repeats what it could not read, which may be a part of a password.
            throw NotValid();
        }
    }

    /// <summary>Opens a connection, and waits for a server that can't be reached yet.</summary>
    /// <exception cref="StartupException">It could not be reached in this time, or lets us not in.</exception>
    public async Task<NpgsqlConnection> OpenAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var end = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        Exception? last = null;
        while (true)
        {
            try
            {
                return await CheckedAsync(await Source.OpenConnectionAsync(either.Token));
            }
            catch (Exception e) when (MayPass(e))
            {
                last = e;
            }
            catch (NpgsqlException e)
            {
                throw Explain(e);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw NotReached(patience, last);
            }
            await Task.Delay(Pause, _time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What an error means, in one line.</summary>
    public StartupException Explain(NpgsqlException error) => new(
        (error as PostgresException)?.SqlState switch
        {
            null => $"{Server} can't be used: {Reason(error)}.",
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
                $"{Server} does not let user '{_connection.Username}' into database '{_connection.Database}': the password is wrong, or there is no such user. Check {Setting}.",
            PostgresErrorCodes.InvalidCatalogName => $"{Server} has no database '{_connection.Database}': create it, or name another one in {Setting}.",
            PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn =>
                $"Database '{_connection.Database}' of {Server} has not been brought up to date: run 'CredentialProxy.Admin migrate' first.",
            PostgresErrorCodes.InsufficientPrivilege => $"{Server} does not allow it to user '{_connection.Username}': {((PostgresException)error).MessageText}.",
            PostgresErrorCodes.LockNotAvailable => $"{Server} has been brought up to date by somebody else for too long. Look what it waits for, or raise Postgres:WaitForMigration.",
            var state => $"{Server} answered an error: {((PostgresException)error).MessageText} ({state}).",
        },
        error);

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    private async Task<NpgsqlConnection> CheckedAsync(NpgsqlConnection connection)
    {
        if (PostgresSetup.IsTooOld(connection.PostgreSqlVersion))
        {
            var version = connection.PostgreSqlVersion;
            await connection.DisposeAsync();
            throw new StartupException($"{Server} is version {version} and must be {PostgresSetup.OldestMajor} or later.");
        }
        return connection;
    }

    // A server that starts or stops says so (57P01 to 57P03); one that has too many clients may soon have fewer.
    private static bool MayPass(Exception error) => error is SocketException or TimeoutException || (error is NpgsqlException { IsTransient: true });

    private StartupException NotReached(TimeSpan patience, Exception? last) => new(
        $"{Server} could not be reached within {patience.TotalSeconds:0.###} s{(last is null ? "" : $": {Reason(last)}")}. Check {Setting}, or raise Postgres:WaitForServer.", last);

    private static string Reason(Exception error) => (error.GetBaseException() is PostgresException answer ? answer.MessageText : error.GetBaseException().Message).TrimEnd('.');

    private static StartupException NotValid() => new(
        $"The setting {Setting} is not valid: it must be a list such as 'Host=db;Database=credential_proxy;Username=…;Password=…', values with a ';' in quotes.");
}
