using System.ComponentModel;
using System.Diagnostics;
using CredentialProxy.AppHost.Local;

namespace CredentialProxy.AppHost;

/// <summary>Whether this machine can run containers.</summary>
internal static class ContainerRuntime
{
    /// <summary>Setting: <c>true</c> or <c>false</c>; asked of the runtime where it is missing.</summary>
    private const string Setting = "Containers";

    /// <summary>Names the runtime where there are several, as everywhere in Aspire.</summary>
    private const string Choice = "ASPIRE_CONTAINER_RUNTIME";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Whether containers are run or deployed. Says so where they are not, and programs of this machine stand in.</summary>
    public static bool IsThere(IDistributedApplicationBuilder builder)
    {
        var setting = builder.Configuration[Setting];
        if (setting is not null && !bool.TryParse(setting, out _))
        {
            throw new DistributedApplicationException($"The setting {Setting} is not valid: it must be true or false.");
        }
        if (builder.ExecutionContext.IsPublishMode || (setting is null ? Runtimes(builder.Configuration[Choice]).Any(Answers) : bool.Parse(setting)))
        {
            return true;
        }
        Console.WriteLine($"No container runtime is used: '{LocalPrograms.Redis}' and '{LocalPrograms.Postgres}' of this machine take the place of containers, and the mock provider is run from its source.");
        return false;
    }

    private static string[] Runtimes(string? chosen) => string.IsNullOrEmpty(chosen) ? ["docker", "podman"] : [chosen];

    // A client without its engine is no runtime; that alone tells.
    private static bool Answers(string runtime)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(runtime, ["info"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            process!.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (process.WaitForExit(Patience))
            {
                return process.ExitCode == 0;
            }
            process.Kill(entireProcessTree: true);
            return false;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
