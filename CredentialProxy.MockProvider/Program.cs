using System.Globalization;
using System.Net;
using CredentialProxy.MockProvider;

var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
var options = new MockProviderOptions { StopsOnSignals = true };
if (configuration["HOST"] is { Length: > 0 } host)
{
    if (!IPAddress.TryParse(host, out _))
    {
        Console.Error.WriteLine("The setting HOST is not valid: it must be an IP address to listen on, such as 127.0.0.1 or 0.0.0.0.");
        return 1;
    }
    options.Host = host;
}
if (configuration["PORT"] is { Length: > 0 } port)
{
    if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > IPEndPoint.MaxPort)
    {
        Console.Error.WriteLine("The setting PORT is not valid: it must be a port from 0 (any free one) to 65535.");
        return 1;
    }
    options.Port = number;
}
await using var app = MockProviderApp.Create(options);
try
{
    await app.StartAsync();
}
catch (IOException)
{
    Console.Error.WriteLine($"Port {options.Port} is taken or can't be used. Stop whatever has it, or set PORT to another port.");
    return 1;
}
Console.WriteLine($"mock provider ready at {app.Urls.First()}");
await app.WaitForShutdownAsync();
return 0;
