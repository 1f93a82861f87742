using System.Collections.Concurrent;

namespace CredentialProxy.MockProvider.Faults;

/// <summary>Gates that answers wait at, so that a test, not a clock, says when a stream goes on. A gate is closed until it has been opened, and each opening lets one chunk pass.</summary>
internal sealed class Gates
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new(StringComparer.Ordinal);

    /// <summary>Waits until the gate lets one chunk pass.</summary>
    public Task PassAsync(string name, CancellationToken cancellationToken) => Of(name).WaitAsync(cancellationToken);

    /// <summary>Lets so many chunks pass.</summary>
    public void Open(string name, int chunks) => Of(name).Release(chunks);

    private SemaphoreSlim Of(string name) => _gates.GetOrAdd(name, static _ => new SemaphoreSlim(0));
}
