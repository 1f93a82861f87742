using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>The contract of the control plane on the embedded store.</summary>
public sealed class ControlOnSqliteTests(Product product) : ControlContract, IClassFixture<Product>, IDisposable
{
    protected override ControlCalls Admin { get; } = ControlCalls.AdminOf(product);

    public void Dispose() => Admin.Dispose();
}
