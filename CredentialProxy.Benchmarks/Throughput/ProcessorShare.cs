using System.Globalization;

namespace CredentialProxy.Benchmarks.Throughput;

/// <summary>
/// A part of a processor that processes may use together, so that they are what a load waits for, whatever else shares the machine: a control group of Linux, of either version
/// (cgroup-v1/scheduler/sched-bwc, cgroup-v2 in the kernel's documentation). Needs root.
/// </summary>
internal sealed class ProcessorShare : IDisposable
{
    private const string Root = "/sys/fs/cgroup";

    /// <summary>Short, so that what has used up its part does not wait for long.</summary>
    private const int PeriodMicroseconds = 10_000;

    private readonly string _parent;
    private readonly string _directory;

    private ProcessorShare(string parent)
    {
        _parent = parent;
        _directory = Directory.CreateDirectory(Path.Combine(parent, $"credential-proxy-{Environment.ProcessId}")).FullName;
    }

    /// <summary>A share of one processor, above 0 and at most 1.</summary>
    /// <exception cref="InvalidOperationException">It can't be had here; the message says why.</exception>
    public static ProcessorShare Of(double part)
    {
        var isFirstVersion = File.Exists($"{Root}/cpu/cpu.cfs_quota_us");
        try
        {
            var share = new ProcessorShare(isFirstVersion ? $"{Root}/cpu" : Root);
            var quota = (int)(part * PeriodMicroseconds);
            if (isFirstVersion)
            {
                share.Write("cpu.cfs_period_us", PeriodMicroseconds);
                share.Write("cpu.cfs_quota_us", quota);
            }
            else
            {
                File.WriteAllText($"{Root}/cgroup.subtree_control", "+cpu");
                share.Write("cpu.max", $"{quota} {PeriodMicroseconds}");
            }
            return share;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"A part of a processor can't be set aside; that needs root on a Linux with control groups under {Root}: {exception.Message}", exception);
        }
    }

    /// <summary>Has a process, with all of its threads, share it.</summary>
    public void Add(ChildProcess process) => Write("cgroup.procs", process.Id);

    /// <summary>Gives its processes back to where they were, which may use what they like.</summary>
    public void Dispose()
    {
        foreach (var process in File.ReadAllLines(Path.Combine(_directory, "cgroup.procs")))
        {
            File.WriteAllText(Path.Combine(_parent, "cgroup.procs"), process);
        }
        Directory.Delete(_directory);
    }

    private void Write(string file, FormattableString value) => File.WriteAllText(Path.Combine(_directory, file), value.ToString(CultureInfo.InvariantCulture));

    private void Write(string file, int value) => Write(file, $"{value}");
}
