namespace CredentialProxy.Tests.Telemetry;

/// <summary>Gateway and control plane as programs, on Redis and Postgres.</summary>
[Collection(nameof(DistributedRun))]
public sealed class DistributedTraceTests(DistributedRun run) : TraceContract(run)
{
    protected override string Store => "postgresql";
}
