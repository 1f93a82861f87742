using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace CredentialProxy.Benchmarks.UsageScale;

/// <summary>Medians of several rounds, milliseconds: by the clock, with the shortest and the longest, and of the processor.</summary>
internal readonly record struct Times(double Median, double Lowest, double Highest, double Cpu)
{
    public override string ToString() => $"{Median,8:N0} ms ({Lowest:N0} to {Highest:N0}), {Cpu:N0} ms of CPU";
}

/// <summary>Takes the time of what one connection asks, and what its server process needs of the processor for it: on a machine that others use as well, the clock tells little.</summary>
internal sealed class Stopwatches
{
    private const int Rounds = 5;
    private const double TicksASecond = 100;

    private readonly string _stat;

    private Stopwatches(int process) => _stat = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat");

    /// <summary>Those of a database whose pool has one connection, which has no other process work for it.</summary>
    public static async Task<Stopwatches> OfAsync(NpgsqlDataSource postgres)
    {
        await using var connection = await postgres.OpenConnectionAsync();
        return new Stopwatches(connection.ProcessID);
    }

    public async Task<Times> TimeAsync(Func<Task> ask)
    {
        var (times, cpu) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var (watch, before) = (Stopwatch.StartNew(), CpuMs());
            await ask();
            times.Add(watch.Elapsed.TotalMilliseconds);
            cpu.Add(CpuMs() - before);
        }
        times.Sort();
        cpu.Sort();
        return new Times(times[Rounds / 2], times[0], times[^1], cpu[Rounds / 2]);
    }

    // The fields utime and stime (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html), the 14th and 15th; the second is the program's name in brackets.
    private double CpuMs()
    {
        var stat = File.ReadAllText(_stat);
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) * 1000 / TicksASecond;
    }
}
