using CredentialProxy.Core.Vault;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.Hosting;
using CredentialProxy.ServiceDefaults.KeyRings;

namespace CredentialProxy.Admin.Hosting;

/// <summary>Serves from the command line until told to stop.</summary>
internal static class ServeCommand
{
    /// <summary>Serves, and answers the exit code.</summary>
    /// <exception cref="StartupException">It can't start.</exception>
    public static async Task<int> RunAsync(string[] arguments)
    {
        SettingArguments.Check(arguments);
        SettingArguments.RefuseSecrets(arguments, [.. EnvironmentNames.Secrets, .. RingNames.Secrets, .. ConnectionNames.Secrets, .. EnvironmentCredentials.AllVariables], CredentialVault.IsReference);
        using var stop = new StopSignals();
        var configuration = SettingArguments.Configure(arguments);
        try
        {
            await using var host = await AdminHost.StartAsync(configuration, builder => Logs.Configure(builder, configuration), stop.Token);
            Console.WriteLine($"The control plane listens on {host.Address.ToString().TrimEnd('/')}; /ready says whether it can serve.");
            if (host.MetricsAddress is { } metrics)
            {
                Console.WriteLine($"Metrics are at {metrics}");
            }
            if (host.NewAdminKey is { } key)
            {
                Console.WriteLine($"  admin key  {key}   shown this once; keep it, or set {EnvironmentNames.AdminKey}");
            }
            await stop.WaitAsync();
            Console.WriteLine("Stopping: running requests may end. Another signal cuts them.");
            await host.StopAsync(stop.Hurry);
            return 0;
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            return 0;
        }
    }
}
