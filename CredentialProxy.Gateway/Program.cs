using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Vault;
using CredentialProxy.Gateway.Hosting;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.Hosting;
using CredentialProxy.ServiceDefaults.KeyRings;

using var stop = new StopSignals();
try
{
    SettingArguments.Check(args);
    SettingArguments.RefuseSecrets(args, [.. EnvironmentNames.Secrets, .. RingNames.Secrets, .. ConnectionNames.Secrets, .. EnvironmentCredentials.AllVariables], CredentialVault.IsReference);
    var configuration = SettingArguments.Configure(args, GatewayHost.Defaults);
    await using var host = await GatewayHost.StartAsync(configuration, builder => Logs.Configure(builder, configuration), stop.Token);
    Console.WriteLine($"The gateway listens on {host.Address.ToString().TrimEnd('/')}; /ready says whether it can serve.");
    if (host.MetricsAddress is { } metrics)
    {
        Console.WriteLine($"Metrics are at {metrics}");
    }
    await stop.WaitAsync();
    Console.WriteLine("Stopping: running requests may end. Another signal cuts them.");
    await host.StopAsync(stop.Hurry);
    return 0;
}
catch (Exception e) when (e is StartupException or InvalidProviderSettingException or InvalidPriceFileException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
{
    return 0;
}
