using System.Diagnostics;
using CredentialProxy.Tests.Architecture;

namespace CredentialProxy.Tests.Clients;

/// <summary>Steps of an unmodified SDK for JavaScript, in a process whose environment holds nothing but what a test puts there.</summary>
internal static class NodeScript
{
    private static readonly string Scripts = Path.Combine(Repository.Root, "CredentialProxy.Tests", "Clients", "node");

    /// <summary>Runs them; fails with what it printed.</summary>
    public static async Task RunAsync(string script, string steps, Uri gateway, params (string Name, string Value)[] tokens)
    {
        var start = new ProcessStartInfo("node", [script + ".mjs", .. steps.Split(' ')]) { WorkingDirectory = Scripts, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["GATEWAY"] = gateway.ToString().TrimEnd('/');
        foreach (var (name, value) in tokens)
        {
            start.Environment[name] = value;
        }
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, output + await errors);
    }
}
