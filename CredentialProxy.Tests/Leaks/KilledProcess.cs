using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Leaks;

/// <summary>A process that is killed on the spot.</summary>
public sealed class KilledProcess : EndedProcess
{
    private protected override Task EndAsync(StartedProcess process) => process.KillAsync();
}
