using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.Hosting;
using CredentialProxy.Standalone;

using var stop = new StopSignals();
try
{
    var commandLine = CommandLine.Read(args);
    CommandLineSecrets.Refuse(commandLine.Settings);
    var configuration = SettingArguments.Configure(commandLine.Settings);
    var options = StandaloneOptions.Read(configuration, commandLine.IsDemo);
    await using var host = await StandaloneHost.StartAsync(configuration, options, builder => Logs.Configure(builder, configuration), stop.Token);
    Console.WriteLine(Greeting.Of(host, options.DataDirectory));
    await stop.WaitAsync();
    Console.WriteLine("Stopping: running requests may end. Another signal cuts them.");
    await host.StopAsync(stop.Hurry);
    return 0;
}
catch (Exception e) when (e is StartupException or InvalidProviderSettingException or InvalidPriceFileException or InvalidDataException or QuotaAuthorityUnavailableException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
{
    return 0;
}
