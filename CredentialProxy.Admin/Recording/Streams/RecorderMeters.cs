using System.Diagnostics.Metrics;

namespace CredentialProxy.Admin.Recording.Streams;

/// <summary>What the recorder measures.</summary>
internal sealed class RecorderMeters : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _written;
    private readonly Counter<long> _repeated;
    private readonly Counter<long> _buried;
    private long _waiting; // interlocked
    private double _lagSeconds; // volatile
    private RedisMemory _memory = RedisMemory.Unknown; // volatile

    public RecorderMeters(IMeterFactory meters)
    {
        _meter = meters.Create("CredentialProxy.Recorder");
        _written = _meter.CreateCounter<long>("credential_proxy.recorder.written", "{record}", "Usage records written to Postgres.");
        _repeated = _meter.CreateCounter<long>("credential_proxy.recorder.repeated", "{record}", "Usage records that came again and were kept already.");
        _buried = _meter.CreateCounter<long>("credential_proxy.recorder.buried", "{entry}", "Entries of the stream that could not be read and were put aside.");
        // What has not happened yet is 0, so that an alarm sees the first time.
        Wrote(0, 0);
        _buried.Add(0);
        _meter.CreateObservableGauge("credential_proxy.recorder.waiting", () => Volatile.Read(ref _waiting), "{entry}", "Entries in the stream.");
        _meter.CreateObservableGauge("credential_proxy.redis.memory_used", () => Volatile.Read(ref _memory).UsedBytes, "By", "Memory that Redis uses.");
        _meter.CreateObservableGauge("credential_proxy.redis.memory_limit", () => Volatile.Read(ref _memory).LimitBytes, "By", "Memory that Redis may use (maxmemory); 0 for no bound.");
        _meter.CreateObservableGauge("credential_proxy.recorder.lag", () => Volatile.Read(ref _lagSeconds), "s", "Age of the oldest entry in the stream.");
    }

    public void Wrote(int written, int repeated)
    {
        _written.Add(written);
        _repeated.Add(repeated);
    }

    public void Buried() => _buried.Add(1);

    public void Saw(long waiting, double lagSeconds)
    {
        Volatile.Write(ref _waiting, waiting);
        Volatile.Write(ref _lagSeconds, lagSeconds);
    }

    public void Saw(RedisMemory memory) => Volatile.Write(ref _memory, memory);

    public void Dispose() => _meter.Dispose();
}
