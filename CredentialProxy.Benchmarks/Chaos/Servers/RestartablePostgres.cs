using System.Diagnostics;
using System.Globalization;
using CredentialProxy.Benchmarks.Throughput;
using Npgsql;

namespace CredentialProxy.Benchmarks.Chaos.Servers;

/// <summary>A Postgres of the machine's binaries that can be stopped, as by a power failure, and started again.</summary>
internal sealed class RestartablePostgres : IAsyncDisposable
{
    private readonly LocalPort _port = LocalPort.Find();
    private readonly string _binaries = Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(version => Path.Combine(version, "bin")).First();
    private string _directory = "";
    private Process? _process;

    public int Port => _port.Number;

    public string ConnectionString => ConnectionStringBy($"127.0.0.1:{_port.Number}");

    /// <summary>The same by way of whatever has this address.</summary>
    public static string ConnectionStringBy(string address) =>
        new NpgsqlConnectionStringBuilder { Host = address.Split(':')[0], Port = int.Parse(address.Split(':')[1], CultureInfo.InvariantCulture), Username = "postgres", Database = "postgres", Timeout = 5 }.ToString();

    /// <summary>Makes its directory and starts it.</summary>
    public async Task CreateAsync()
    {
        _directory = (await AsPostgresAsync("mktemp", "-d", Path.Combine(Path.GetTempPath(), "credential-proxy-chaos-postgres-XXXXXX"))).Trim();
        await AsPostgresAsync(Path.Combine(_binaries, "initdb"), "-D", _directory, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync");
        await StartAsync();
    }

    public async Task StartAsync()
    {
        string[] command = [.. Prefix, Path.Combine(_binaries, "postgres"), "-D", _directory, "-k", _directory, "-h", "127.0.0.1", "-p", $"{_port}", "-c", "max_connections=200"];
        _process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() })!;
        // Lines that nobody reads would stop it when the pipe is full.
        _process.BeginErrorReadLine();
        await Patience.UntilAsync("Postgres answers", async () =>
        {
            await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
            await connection.OpenAsync();
            return true;
        });
    }

    /// <summary>Ends it at once: it leaves everybody in the middle, and recovers at its next start.</summary>
    public async Task StopAsync()
    {
        await AsPostgresAsync(Path.Combine(_binaries, "pg_ctl"), "-D", _directory, "-m", "immediate", "-w", "stop");
        await _process!.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await StopAsync();
        }
        if (_directory.Length > 0)
        {
            await AsPostgresAsync("rm", "-rf", _directory);
        }
    }

    // Postgres refuses to run as root.
    private static string[] Prefix => Environment.IsPrivilegedProcess ? ["runuser", "-u", "postgres", "--"] : [];

    private static Task<string> AsPostgresAsync(params string[] command)
    {
        string[] all = [.. Prefix, .. command];
        return ChildProcess.RunAsync(all[0], all[1..]);
    }
}
