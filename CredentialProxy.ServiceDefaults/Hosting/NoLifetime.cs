using Microsoft.Extensions.Hosting;

namespace CredentialProxy.ServiceDefaults.Hosting;

/// <summary>
/// Leaves the signals that end the process to <see cref="StopSignals"/>. A host's own lifetime takes each of them, so that a second Ctrl-C would end nothing.
/// </summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
