using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Leaks;

/// <summary>A process that is brought down by an exception which nobody catches, so that its runtime tells the world why.</summary>
public sealed class CrashedProcess : EndedProcess
{
    private protected override (string Name, string Value)[] Settings => [("DOTNET_STARTUP_HOOKS", typeof(StartupHook).Assembly.Location)];

    private protected override async Task EndAsync(StartedProcess process)
    {
        await process.SignalAsync("CONT");
        // 128 and SIGABRT: nothing has put its things in order.
        Assert.Equal(134, await process.ExitAsync());
    }
}
