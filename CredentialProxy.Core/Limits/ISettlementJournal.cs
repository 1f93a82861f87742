namespace CredentialProxy.Core.Limits;

/// <summary>
/// Where a ledger keeps what it settled while its authority can't take it, so that it outlives the process. Never called by a request. No method throws: what can't
/// be kept is still in the ledger's memory, and is as safe as that.
/// </summary>
public interface ISettlementJournal
{
    /// <summary>Keeps settlements; one that is kept already is not kept twice.</summary>
    /// <returns>Whether all of them outlive the process.</returns>
    ValueTask<bool> KeepAsync(IReadOnlyList<Settlement> settlements);

    /// <summary>The authority has these: they need not be kept any longer.</summary>
    ValueTask ForgetAsync(IReadOnlyList<Settlement> settlements);
}
