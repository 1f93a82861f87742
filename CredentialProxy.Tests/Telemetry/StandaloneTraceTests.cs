namespace CredentialProxy.Tests.Telemetry;

/// <summary>Everything in one process, where each span comes once all the same.</summary>
public sealed class StandaloneTraceTests(StandaloneRun run) : TraceContract(run), IClassFixture<StandaloneRun>
{
    protected override string Store => "sqlite";
}
