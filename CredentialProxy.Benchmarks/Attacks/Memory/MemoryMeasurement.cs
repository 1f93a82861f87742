using System.Globalization;
using CredentialProxy.Benchmarks.Throughput;

namespace CredentialProxy.Benchmarks.Attacks.Memory;

/// <summary>How much memory the gateway's process takes beyond what it has when idle, under loads that would make it grow if anything were held whole. Each load meets a process of its own.</summary>
internal static class MemoryMeasurement
{
    private const int MockPort = 18615;
    private const int GatewayPort = 18616;
    private const int ControlPort = 18617;
    private const int BodyMegabytes = 200;
    private const int EventMegabytes = 50;
    private const int OpenStreams = 5000;
    private const int SlowReaders = 1000;

    // A slow reader is disconnected before long; here it stays, so that all are there at a time.
    private static readonly (string Name, string Value)[] Settings = [("Connections__MinResponseBytesPerSecond", "0"), ("Gateway__MaxOpenRequestsPerToken", "20000")];

    /// <summary>A load and the most by which resident memory may grow under it, in megabytes: what is held whole of a body would pass it.</summary>
    private sealed record Case(string Name, double MostGrowth, Func<Loads, Task> Load);

    private static readonly Case[] Cases =
    [
        new($"upload of {BodyMegabytes} MB", 64, loads => loads.UploadAsync(BodyMegabytes)),
        new($"download of {BodyMegabytes} MB", 64, loads => loads.DownloadAsync(BodyMegabytes)),
        new($"one event of {EventMegabytes} MB", 40, loads => loads.HugeEventAsync(EventMegabytes)),
        new($"{OpenStreams} open streams", 250, loads => loads.OpenStreamsAsync(OpenStreams)),
        new($"{SlowReaders} slow readers", 400, loads => loads.SlowReadersAsync(SlowReaders)),
    ];

    public static async Task<int> RunAsync()
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(5) };
        var hasFailed = false;
        Console.WriteLine("megabytes              resident idle    most    more   may be   heap idle    most");
        foreach (var one in Cases)
        {
            using var mock = await MockProcess.StartAsync(MockPort);
            using var product = await Product.StartAsync(mock.Address, GatewayPort, ControlPort, settings: Settings);
            using var watch = new MemoryWatch(product.Process);
            var loads = new Loads(product, client);
            await loads.WarmUpAsync();
            var idle = watch.Read();
            watch.Restart();
            await one.Load(loads);
            var loaded = watch.Read();
            var growth = loaded.MostResident - idle.Resident;
            hasFailed |= growth > one.MostGrowth;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{one.Name,-22} {idle.Resident,13:0.0} {loaded.MostResident,7:0.0} {growth,7:0.0} {one.MostGrowth,8:0} {idle.Heap,11:0.0} {loaded.MostHeap,7:0.0}{(growth > one.MostGrowth ? "   TOO MUCH" : "")}"));
        }
        return hasFailed ? 1 : 0;
    }
}
