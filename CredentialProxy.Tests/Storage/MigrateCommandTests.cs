using CredentialProxy.Admin.Storage;
using CredentialProxy.Tests.Running;
using Npgsql;

namespace CredentialProxy.Tests.Storage;

/// <summary>The program that deployments run to its end before they start anything else.</summary>
public sealed class MigrateCommandTests
{
    // More than anything takes on a machine that is busy with other tests.
    private const string Patience = "00:02:00";

    [Fact]
    public async Task Several_processes_at_once_bring_a_database_up_to_date_and_all_succeed()
    {
        await using var storage = await TemporaryPostgres.CreateEmptyAsync();
        var processes = Enumerable.Range(0, 3).Select(_ => Migrate(storage.ConnectionString, Patience, Patience)).ToList();
        try
        {
            var codes = await Task.WhenAll(processes.Select(process => process.ExitAsync()));

            Assert.True(codes.All(code => code == 0), string.Join('\n', processes.Select(process => process.Text)));
            Assert.Single(processes, process => process.Text.StartsWith("Applied: ", StringComparison.Ordinal));
            Assert.Equal(2, processes.Count(process => process.Text == "The database is up to date."));
        }
        finally
        {
            await Task.WhenAll(processes.Select(process => process.DisposeAsync().AsTask()));
        }
        Assert.Equal([0], await storage.QueryAsync<long>("SELECT count(*) FROM \"usage\""));
    }

    [Fact]
    public async Task Waiting_ends_when_somebody_else_has_brought_the_database_up_to_date_and_changes_nothing()
    {
        await using var storage = await TemporaryPostgres.CreateEmptyAsync();
        await using (var impatient = Migrate(storage.ConnectionString, "00:00:00.1", Patience, "--wait"))
        {
            Assert.Equal(1, await impatient.ExitAsync());
            Assert.Matches("^The database lacks [0-9]+_.*: run 'CredentialProxy.Admin migrate', or raise Postgres:WaitForMigration.$", Assert.Single(impatient.Errors));
        }
        Assert.Empty(await storage.QueryAsync<string>("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'"));
        await using var waiting = Migrate(storage.ConnectionString, Patience, Patience, "--wait");
        await storage.MigrateAsync();
        Assert.Equal(0, await waiting.ExitAsync());
        Assert.Equal("The database is up to date.", waiting.Text);
    }

    [Fact]
    public async Task Without_a_connection_string_it_names_the_setting() =>
        await FailsAsync(null, "The setting ConnectionStrings:postgres is missing: set ConnectionStrings__postgres ");

    [Theory]
    [InlineData("Host=db;Pasword=top-secret-part")]
    [InlineData("Host=db;Password=a;top-secret-part")]
    [InlineData("postgres://user:top-secret-part@db/name")]
    [InlineData("Host=db;Password=a;top-secret-part=x")]
    [InlineData("Port=none;Password=top-secret-part")]
    [InlineData("Password=top-secret-part")]
    public async Task A_connection_string_that_makes_no_sense_is_not_repeated(string connectionString) =>
        await FailsAsync(connectionString, "The setting ConnectionStrings:postgres is not valid: ");

    [Fact]
    public async Task A_server_that_is_not_there_is_waited_for_and_then_named()
    {
        // Bound and not listening: nobody else can take the port meanwhile.
        using var bound = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        bound.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        var port = ((System.Net.IPEndPoint)bound.LocalEndPoint!).Port;

        await FailsAsync($"Host=127.0.0.1;Port={port};Username=u;Password=top-secret-part", $"Postgres at 127.0.0.1:{port} could not be reached within 1.5 s: ", waitForServer: "00:00:01.5");
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up()
    {
        await using var silent = new TcpServer(async (_, stop) => await Task.Delay(Timeout.Infinite, stop));
        await FailsAsync($"Host=127.0.0.1;Port={silent.Authority.Split(':')[1]};Username=u;Password=top-secret-part", $"Postgres at {silent.Authority} could not be reached within 1.5 s", waitForServer: "00:00:01.5");
    }

    [Fact]
    public async Task A_wrong_password_is_said_and_not_shown()
    {
        var server = await PostgresServer.GetAsync();
        await FailsAsync(server.ConnectionString("postgres", "top-secret-part"), "does not let user 'postgres' into database 'postgres': the password is wrong");
    }

    [Fact]
    public async Task A_database_that_is_missing_is_named()
    {
        var server = await PostgresServer.GetAsync();
        await FailsAsync(server.ConnectionString("not_there"), "has no database 'not_there': create it");
    }

    [Fact]
    public async Task A_user_who_may_not_create_tables_is_told_so()
    {
        await using var storage = await TemporaryPostgres.CreateEmptyAsync();
        var role = "guest_" + Guid.NewGuid().ToString("N");
        await storage.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'top-secret-part'");
        await FailsAsync(new NpgsqlConnectionStringBuilder(storage.ConnectionString) { Username = role, Password = "top-secret-part" }.ToString(), $"does not allow it to user '{role}': permission denied for schema public.");
        await storage.ExecuteAsync($"DROP ROLE {role}");
    }

    [Fact]
    public async Task Another_migration_is_not_waited_for_without_end()
    {
        await using var storage = await TemporaryPostgres.CreateEmptyAsync();
        await using var other = await storage.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await other.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await AdvisoryLocks.Migration.TakeAsync(other, TestContext.Current.CancellationToken);

        await FailsAsync(storage.ConnectionString, "has been brought up to date by somebody else for too long");
    }

    [Theory]
    [InlineData("Postgres__WaitForServr", "1", "The setting Postgres:WaitForServr is not known.")]
    [InlineData("UsageKeeping__RecordMonths", "0", "The setting UsageKeeping:RecordMonths is not valid: it must be a whole number from 1 to 1200.")]
    [InlineData("UsageKeeping__DayMonths", "0", "The setting UsageKeeping:DayMonths is not valid: it must be a whole number from 1 to 1200.")]
    public async Task A_wrong_setting_is_named(string name, string value, string expected)
    {
        await using var process = StartedProcess.Of(Assembly, ["migrate"], (name, value));
        Assert.Equal(1, await process.ExitAsync());
        Assert.StartsWith(expected, Assert.Single(process.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("migrate", "--now")]
    [InlineData("start")]
    public async Task Any_other_command_line_is_answered_with_what_there_is(params string[] arguments)
    {
        await using var process = StartedProcess.Of(Assembly, arguments);
        Assert.Equal(2, await process.ExitAsync());
        Assert.StartsWith("serve ", process.Errors.First(), StringComparison.Ordinal);
    }

    private static string Assembly => Path.Combine(AppContext.BaseDirectory, "CredentialProxy.Admin.dll");

    private static StartedProcess Migrate(string? connectionString, string waitForMigration, string waitForServer, params string[] arguments) => StartedProcess.Of(
        Assembly, ["migrate", .. arguments], ("ConnectionStrings__postgres", connectionString ?? ""), ("Postgres__WaitForServer", waitForServer), ("Postgres__WaitForMigration", waitForMigration));

    private static async Task FailsAsync(string? connectionString, string expected, string waitForServer = Patience)
    {
        await using var process = Migrate(connectionString, "00:00:00.5", waitForServer);
        Assert.Equal(1, await process.ExitAsync());
        Assert.Contains(expected, Assert.Single(process.Errors), StringComparison.Ordinal);
        Assert.Empty(process.Output);
        Assert.DoesNotContain("top-secret-part", process.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresServer.Password, process.Text, StringComparison.Ordinal);
    }
}
