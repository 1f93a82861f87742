using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Tests.Limits;

/// <summary>Where an authority under test keeps its accounts. What a new kind of authority gives to run the contract: it starts empty, one for each test.</summary>
public interface IQuotaStore : IAsyncDisposable
{
    /// <summary>A new holder. Where the store takes only one at a time, the one before has been killed.</summary>
    IQuotaAuthority Open();

    /// <summary>Ends a holder as a crash does: it gives nothing back. Its leases have expired when the next holder's first call completes.</summary>
    Task KillAsync(IQuotaAuthority holder);

    /// <summary>Makes the accounts unwritable until the answer is disposed.</summary>
    Task<IAsyncDisposable> BreakAsync();

    /// <summary>All usage records that are kept.</summary>
    Task<IReadOnlyList<UsageRow>> RecordsAsync();
}
