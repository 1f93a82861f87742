using System.Runtime.InteropServices;

namespace CredentialProxy.ServiceDefaults.Hosting;

/// <summary>Ctrl-C and SIGTERM as a token: the first asks the process to stop, a second one is the system's to handle.</summary>
public sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Listens from now on.</summary>
    public StopSignals() => _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];

    /// <summary>Cancelled when the process is asked to stop.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Completes when the process is asked to stop.</summary>
    public Task WaitAsync() => _stopped.Task;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
        _stop.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        if (_stopped.TrySetResult())
        {
            context.Cancel = true;
            _stop.Cancel();
        }
    }
}
