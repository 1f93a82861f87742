namespace CredentialProxy.Admin;

/// <summary>
/// Lets a reader of accounts wait for what gateways of this process have settled and not yet written, so that it reads what it has just spent.
/// </summary>
/// <param name="wait">Completes when everything settled before the call is durable.</param>
public sealed class SettlementBarrier(Func<CancellationToken, ValueTask> wait)
{
    /// <summary>Waits.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => wait(cancellationToken);
}
