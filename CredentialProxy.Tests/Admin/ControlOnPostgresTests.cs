namespace CredentialProxy.Tests.Admin;

/// <summary>The contract of the control plane on Postgres.</summary>
public sealed class ControlOnPostgresTests(PostgresControlPlane control) : ControlContract, IClassFixture<PostgresControlPlane>, IDisposable
{
    protected override ControlCalls Admin { get; } = new(control.Address, PostgresControlPlane.AdminKey);

    public void Dispose() => Admin.Dispose();
}
