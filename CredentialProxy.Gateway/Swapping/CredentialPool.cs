using System.Collections.Concurrent;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Limits;

namespace CredentialProxy.Gateway.Swapping;

/// <summary>
/// The credentials of each provider, in turn. Prepared once for each version of the directory; the array of a provider is replaced as a whole, so readers
/// need no lock.
/// </summary>
internal sealed class CredentialPool(IDirectory directory, QuotaLedger ledger)
{
    private readonly ConcurrentDictionary<string, Turn> _turns = new(StringComparer.Ordinal);

    /// <summary>
    /// The credentials to try, in this order. With a credential named, that one alone (by id or label); none when it is not there.
    /// </summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="credentialId">The credential that the token names, null for any.</param>
    /// <param name="start">Where in the answer to begin.</param>
    public PreparedCredential[] Of(string provider, string? credentialId, out int start)
    {
        var version = directory.Version;
        if (!_turns.TryGetValue(provider, out var turn) || turn.Version != version)
        {
            var credentials = directory.CredentialsOf(provider);
            turn = new Turn(version, [.. credentials.Select(credential =>
                new PreparedCredential(credential, credential.Limits.IsEmpty ? null : ledger.Bind([new AccountLimits(credential.Account, credential.Limits)])))]);
            _turns[provider] = turn;
        }
        if (credentialId is null)
        {
            start = turn.Next();
            return turn.Credentials;
        }
        start = 0;
        foreach (var prepared in turn.Credentials)
        {
            if (prepared.Credential.Id == credentialId || prepared.Credential.Label == credentialId)
            {
                return [prepared];
            }
        }
        return [];
    }

    private sealed class Turn(long version, PreparedCredential[] credentials)
    {
        private int _next = -1;

        public long Version => version;

        public PreparedCredential[] Credentials => credentials;

        public int Next() => credentials.Length <= 1 ? 0 : (int)((uint)Interlocked.Increment(ref _next) % (uint)credentials.Length);
    }
}
