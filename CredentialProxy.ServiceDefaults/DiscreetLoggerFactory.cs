using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.ServiceDefaults;

/// <summary>
/// Keeps out of every log what repeats a request as it came: its target, where a token may stand in the query, or a header that was malformed. Settings can't ask for these lines, at
/// whatever level and for whatever provider: no log may ever hold a secret.
/// </summary>
internal sealed class DiscreetLoggerFactory(ILoggerFactory inner) : ILoggerFactory
{
    // The first writes each request's address with its query, the second the first bytes of a line or header that is not HTTP.
    private static readonly string[] Withheld = ["Microsoft.AspNetCore.Hosting.Diagnostics", "Microsoft.AspNetCore.Server.Kestrel.BadRequests"];

    public ILogger CreateLogger(string categoryName) => Withheld.Contains(categoryName) ? NullLogger.Instance : inner.CreateLogger(categoryName);

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => inner.Dispose();
}
