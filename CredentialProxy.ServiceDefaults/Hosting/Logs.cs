using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.ServiceDefaults.Hosting;

/// <summary>Where logs go: the console, a line each, ours from Information on and the frameworks' from Warning on, unless settings say otherwise.</summary>
public static class Logs
{
    /// <summary>Sets them up.</summary>
    public static void Configure(ILoggingBuilder builder, IConfiguration configuration)
    {
        builder.SetMinimumLevel(LogLevel.Information);
        builder.AddFilter("Microsoft", LogLevel.Warning);
        builder.AddFilter("System", LogLevel.Warning);
        // Writes a failed start with its stack, which its user is told in one line; what is left is a background service that failed.
        builder.AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical);
        // Warns that HTTP/2 without TLS needs what we give it; see Http2PriorKnowledge.
        builder.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error);
        // Writes an error for every probe while a program is not ready; the probe is told why, and what the trouble is says so itself, once.
        builder.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        // The forwarder writes every upstream failure with its stack; we say what failed ourselves.
        builder.AddFilter("Yarp", LogLevel.None);
        builder.AddConfiguration(configuration.GetSection("Logging"));
        builder.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
        });
    }
}
