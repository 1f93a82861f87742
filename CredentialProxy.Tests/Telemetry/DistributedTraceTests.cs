namespace CredentialProxy.Tests.Telemetry;

/// <summary>Gateway and control plane as programs, on Redis and Postgres.</summary>
public sealed class DistributedTraceTests(DistributedRun run) : TraceContract(run), IClassFixture<DistributedRun>
{
    protected override string Store => "postgresql";
}
