using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Limits;
using CredentialProxy.Gateway.Authentication;
using CredentialProxy.Gateway.Swapping;

namespace CredentialProxy.Gateway.Exhausting;

/// <summary>The limits that requests under way would be held to if they came now: their token's, their project's, their credential's. Kept for one look around.</summary>
internal sealed class CurrentLimits(CurrentGrants grants, IDirectory directory)
{
    private readonly Dictionary<AuthenticatedToken, Dictionary<CounterKey, long>> _ofTokens = [];
    private readonly Dictionary<PreparedCredential, Dictionary<CounterKey, long>> _ofCredentials = [];

    /// <summary>The limit on a counter that the request is charged to; null where there is none any more.</summary>
    /// <exception cref="DirectoryUnavailableException">It can't be found out at present.</exception>
    public async ValueTask<long?> FindAsync(ProxyRequest request, CounterKey counter, CancellationToken cancellationToken)
    {
        if (!_ofTokens.TryGetValue(request.Token, out var ofToken))
        {
            var grant = await grants.OfAsync(request.Token, cancellationToken);
            _ofTokens[request.Token] = ofToken = Lowest(grant is null ? [] : grant.Accounts);
        }
        if (ofToken.TryGetValue(counter, out var limit))
        {
            return limit;
        }
        if (!_ofCredentials.TryGetValue(request.Credential, out var ofCredential))
        {
            var known = request.Credential.Credential;
            var credential = directory.CredentialsOf(known.Provider).FirstOrDefault(credential => credential.Id == known.Id);
            _ofCredentials[request.Credential] = ofCredential = Lowest(credential is null ? [] : [new AccountLimits(credential.Account, credential.Limits)]);
        }
        return ofCredential.TryGetValue(counter, out limit) ? limit : null;
    }

    private static Dictionary<CounterKey, long> Lowest(IEnumerable<AccountLimits> accounts) => accounts
        .SelectMany(account => account.Limits.Select(limit => (Counter: new CounterKey(account.Account, limit.Unit, limit.Window), limit.Amount)))
        .GroupBy(limit => limit.Counter, limit => limit.Amount).ToDictionary(group => group.Key, group => group.Min());
}
