using System.Runtime.InteropServices;

namespace CredentialProxy.ServiceDefaults.Hosting;

/// <summary>Ctrl-C and SIGTERM as tokens: the first asks the process to stop, the second to wait for nobody any more, a third one is the system's to handle.</summary>
public sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _hurry = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;
    private int _count; // interlocked

    /// <summary>Listens from now on.</summary>
    public StopSignals() => _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];

    /// <summary>Cancelled when the process is asked to stop.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Cancelled when the process is asked a second time: what still runs is cut, and what it used is written.</summary>
    public CancellationToken Hurry => _hurry.Token;

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
        _hurry.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        switch (Interlocked.Increment(ref _count))
        {
            case 1:
                context.Cancel = true;
                _stopped.TrySetResult();
                _stop.Cancel();
                break;
            case 2:
                context.Cancel = true;
                _hurry.Cancel();
                break;
        }
    }
}
