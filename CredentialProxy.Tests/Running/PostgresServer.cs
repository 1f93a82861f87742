using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace CredentialProxy.Tests.Running;

/// <summary>
/// A real Postgres of our own, from the binaries of this machine: one for all tests of a run, started when the first asks for it. It ends, and its directory goes away, with the process that
/// started it, however that ends.
/// </summary>
internal sealed class PostgresServer
{
    /// <summary>The superuser's password, which holds every character that a connection string or a line of text could stumble over.</summary>
    public const string Password = "p;w='\"é 1";

    // Runs until its standard input ends, which the system closes when we are gone.
    private const string Script = """
        directory=$(mktemp -d "${TMPDIR:-/tmp}/credential-proxy-postgres-XXXXXX") || exit 1
        trap 'rm -rf "$directory"' EXIT
        cd "$directory"
        printf '%s' "$PASSWORD" > password
        "$BINARIES/initdb" -D "$directory/store" -U postgres -A scram-sha-256 --pwfile password -E UTF8 --no-locale --no-sync > log 2>&1 || { cat log; exit 1; }
        "$BINARIES/postgres" -D "$directory/store" -k "$directory" -h 127.0.0.1 -p "$PORT" $OPTIONS > log 2>&1 &
        server=$!
        cat > unread
        kill -QUIT "$server"
        wait "$server"
        """;

    // What is lost with the machine may be lost, and a time zone that nobody thought of may not matter.
    private const string ForTests = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 -c timezone=Asia/Kathmandu";

    // Each is kept, and with it our end of its standard input, for as long as we live.
    private static readonly ConcurrentBag<PostgresServer> All = [];

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly Lazy<Task<PostgresServer>> Started = new(() => StartAsync(ForTests));

    private readonly int _port = FreePort();
    private readonly Process _process;

    private PostgresServer(string binaries, string options)
    {
        _process = Run(binaries, options);
        All.Add(this);
    }

    /// <summary>The tests' server, once it answers.</summary>
    public static Task<PostgresServer> GetAsync() => Started.Value;

    /// <summary>How to connect to one of its databases.</summary>
    public string ConnectionString(string database, string password = Password) =>
        new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = _port, Username = "postgres", Password = password, Database = database }.ToString();

    /// <summary>Runs a command of the superuser's.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Starts one with options of its command line.</summary>
    public static async Task<PostgresServer> StartAsync(string options)
    {
        var server = new PostgresServer(FindBinaries(), options);
        var process = server._process;
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                await server.ExecuteAsync("SELECT 1");
                return server;
            }
            catch (NpgsqlException e)
            {
                if (process.HasExited || patience.IsCancellationRequested)
                {
                    throw new InvalidOperationException($"Postgres did not start: {e.Message}\n{(process.HasExited ? await process.StandardOutput.ReadToEndAsync(CancellationToken.None) : "")}", e);
                }
            }
            await Task.Delay(50, CancellationToken.None);
        }
    }

    /// <summary>Where the programs of the newest Postgres of this machine are.</summary>
    public static string FindBinaries()
    {
        var installed = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        return installed.OrderByDescending(version => int.TryParse(Path.GetFileName(version), out var number) ? number : 0).Select(version => Path.Combine(version, "bin"))
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .FirstOrDefault(directory => File.Exists(Path.Combine(directory, "postgres")) && File.Exists(Path.Combine(directory, "initdb")))
            ?? throw new InvalidOperationException("These tests need a Postgres server, version 15 or later: install the package 'postgresql'.");
    }

    private Process Run(string binaries, string options)
    {
        // Postgres refuses to run as root.
        string[] prefix = Environment.IsPrivilegedProcess ? ["runuser", "-u", "postgres", "--"] : [];
        string[] command = [.. prefix, "sh", "-c", Script];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = Path.GetTempPath() };
        start.Environment["BINARIES"] = binaries;
        start.Environment["OPTIONS"] = options;
        start.Environment["PASSWORD"] = Password;
        start.Environment["PORT"] = _port.ToString(CultureInfo.InvariantCulture);
        return Process.Start(start)!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
