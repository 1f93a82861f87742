using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace CredentialProxy.Benchmarks.Throughput;

/// <summary>What a .NET process allocates while it is watched, by its own runtime's count (<c>alloc-rate</c>).</summary>
internal sealed class AllocationWatch : IDisposable
{
    private readonly EventPipeSession _session;
    private readonly EventPipeEventSource _source;
    private readonly Task _reading;
    private double _bytes;

    public AllocationWatch(ChildProcess process)
    {
        _session = new DiagnosticsClient(process.Id).StartEventPipeSession(
            [new EventPipeProvider("System.Runtime", EventLevel.Informational, arguments: new Dictionary<string, string> { ["EventCounterIntervalSec"] = "0.5" })],
            requestRundown: false);
        _source = new EventPipeEventSource(_session.EventStream);
        _source.Dynamic.All += OnEvent;
        _reading = Task.Factory.StartNew(() => _source.Process(), TaskCreationOptions.LongRunning);
    }

    /// <summary>What a process allocates for each request of a load, which is slower for being watched.</summary>
    public static async Task<double> PerRequestAsync(ChildProcess process, Func<Task<Throughput>> load)
    {
        using var watch = new AllocationWatch(process);
        var measured = await load();
        return await watch.EndAsync() / measured.Requests;
    }

    /// <summary>Ends the watch and tells how many bytes were allocated.</summary>
    public async Task<double> EndAsync()
    {
        // Counters are told at intervals; the last one must have passed.
        await Task.Delay(TimeSpan.FromSeconds(1));
        await _session.StopAsync(CancellationToken.None);
        await _reading;
        return _bytes;
    }

    public void Dispose()
    {
        _source.Dispose();
        _session.Dispose();
    }

    private void OnEvent(TraceEvent traceEvent)
    {
        if (traceEvent.EventName == "EventCounters" && traceEvent.PayloadValue(0) is IDictionary<string, object> outer && outer["Payload"] is IDictionary<string, object> counter
            && (string)counter["Name"] == "alloc-rate")
        {
            _bytes += (double)counter["Increment"];
        }
    }
}
