using System.Diagnostics.Tracing;
using CredentialProxy.Benchmarks.Throughput;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace CredentialProxy.Benchmarks.Attacks.Memory;

/// <summary>The most memory that a .NET process had while it was watched, sampled from outside: what is resident, and what its garbage collector manages.</summary>
internal sealed class MemoryWatch : IDisposable
{
    private const string CounterInterval = "0.1";
    private static readonly TimeSpan SampleEvery = TimeSpan.FromMilliseconds(20);

    private readonly ChildProcess _process;
    private readonly EventPipeSession _session;
    private readonly EventPipeEventSource _source;
    private readonly Timer _timer;
    private readonly Task _reading;
    private readonly Lock _lock = new();
    private double _mostHeapMegabytes; // guarded by _lock
    private double _heapMegabytes; // guarded by _lock
    private long _mostResident; // guarded by _lock

    public MemoryWatch(ChildProcess process)
    {
        _process = process;
        _session = new DiagnosticsClient(process.Id).StartEventPipeSession(
            [new EventPipeProvider("System.Runtime", EventLevel.Informational, arguments: new Dictionary<string, string> { ["EventCounterIntervalSec"] = CounterInterval })],
            requestRundown: false);
        _source = new EventPipeEventSource(_session.EventStream);
        _source.Dynamic.All += OnEvent;
        _reading = Task.Factory.StartNew(() => _source.Process(), TaskCreationOptions.LongRunning);
        _timer = new Timer(_ => Sample(), null, TimeSpan.Zero, SampleEvery);
    }

    /// <summary>What is resident, and the most that was since the last <see cref="Restart"/>, in megabytes; the garbage collector's heap likewise.</summary>
    public (double Resident, double MostResident, double Heap, double MostHeap) Read()
    {
        Sample();
        lock (_lock)
        {
            return (_process.ResidentBytes() / Megabyte, _mostResident / Megabyte, _heapMegabytes, _mostHeapMegabytes);
        }
    }

    /// <summary>Looks for the most anew.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            _mostResident = 0;
            _mostHeapMegabytes = 0;
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _session.Stop();
        _session.Dispose();
        _source.Dispose();
    }

    private const double Megabyte = 1_000_000;

    private void Sample()
    {
        lock (_lock)
        {
            _mostResident = Math.Max(_mostResident, _process.ResidentBytes());
        }
    }

    private void OnEvent(TraceEvent traceEvent)
    {
        if (traceEvent.EventName != "EventCounters" || traceEvent.PayloadValue(0) is not IDictionary<string, object> outer || outer["Payload"] is not IDictionary<string, object> counter
            || (string)counter["Name"] != "gc-heap-size")
        {
            return;
        }
        lock (_lock)
        {
            _heapMegabytes = (double)counter["Mean"];
            _mostHeapMegabytes = Math.Max(_mostHeapMegabytes, _heapMegabytes);
        }
    }
}
