using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.ServiceDefaults;

/// <summary>
/// Leaves out of every log, whatever level a setting gives it, the categories of the framework that write whole addresses and header lines of clients: a client's token may stand in them
/// (<c>?key=</c>), and no filter can be trusted to stay.
/// </summary>
internal sealed class DiscreetLoggerFactory(ILoggerFactory inner) : ILoggerFactory
{
    private static readonly string[] Indiscreet =
    [
        // "Request starting HTTP/1.1 GET http://host/path?key=…"
        "Microsoft.AspNetCore.Hosting.Diagnostics",
        // "Invalid request header: 'authorization: Bearer …'"
        "Microsoft.AspNetCore.Server.Kestrel.BadRequests",
    ];

    public ILogger CreateLogger(string categoryName) => Indiscreet.Contains(categoryName, StringComparer.Ordinal) ? NullLogger.Instance : inner.CreateLogger(categoryName);

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    // The container disposes the inner one.
    public void Dispose()
    {
    }
}
