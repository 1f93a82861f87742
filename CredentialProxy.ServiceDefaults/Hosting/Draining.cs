using Microsoft.AspNetCore.Builder;

namespace CredentialProxy.ServiceDefaults.Hosting;

/// <summary>Lets the running requests of a web application end while it stops, for as long as they may.</summary>
/// <param name="timeout">How long that is.</param>
public sealed class Draining(TimeSpan timeout) : IDisposable
{
    /// <summary>Time for requests that are cut to say so and to settle, before their connections are broken off.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _timeIsUp = new();

    /// <summary>Cancelled when requests that still run must end.</summary>
    public CancellationToken TimeIsUp => _timeIsUp.Token;

    /// <inheritdoc/>
    public void Dispose() => _timeIsUp.Dispose();

    /// <summary>Stops an application: it takes no more connections, and waits for its requests until their time is up or somebody is in a hurry.</summary>
    internal async Task StopAsync(WebApplication app, CancellationToken hurry)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(hurry);
        using var breaking = new CancellationTokenSource();
        // Disposed before what it uses: from then on it does not run any more.
        await using var end = waiting.Token.Register(() =>
        {
            breaking.CancelAfter(LastWords);
            _timeIsUp.Cancel();
        });
        waiting.CancelAfter(timeout);
        await app.StopAsync(breaking.Token);
    }
}
