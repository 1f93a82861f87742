using System.Globalization;
using CredentialProxy.MockProvider;

var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
var options = new MockProviderOptions { Host = configuration["HOST"] ?? "127.0.0.1" };
if (configuration["PORT"] is { } port)
{
    if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 65535)
    {
        Console.Error.WriteLine("The setting PORT is not valid: it must be a port from 0 to 65535.");
        return 1;
    }
    options.Port = number;
}
await using var app = MockProviderApp.Create(options);
await app.StartAsync();
Console.WriteLine($"mock provider ready at {app.Urls.First()}");
await app.WaitForShutdownAsync();
return 0;
