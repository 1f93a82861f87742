using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>The product in one process.</summary>
public class StandaloneRun : TracedRun
{
    /// <summary>Further settings.</summary>
    protected virtual (string, string)[] Further => [];

    protected override async Task StartAsync()
    {
        var process = Keep(StartedProcess.Standalone([], Settings(Further)));
        Gateway = AddressIn(await process.PrintedAsync("  gateway "));
        Admin.BaseAddress = AddressIn(await process.PrintedAsync("  control plane "));
        Scraped.Add(AddressIn(await process.PrintedAsync("  metrics ")));
    }

    private static Uri AddressIn(string line) => new(line.Split(' ').First(word => word.StartsWith("http", StringComparison.Ordinal)));
}
