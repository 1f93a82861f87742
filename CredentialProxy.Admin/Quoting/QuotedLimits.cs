using System.Collections.Immutable;
using CredentialProxy.Admin.Api;
using CredentialProxy.Admin.Api.Quotes;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Vault;

namespace CredentialProxy.Admin.Quoting;

/// <summary>Holds the worst case of a request against limits without taking anything of them.</summary>
internal sealed class QuotedLimits(IQuotaAuthority authority)
{
    /// <summary>Every limit of a grant and a credential, with what is left of it.</summary>
    public async Task<IReadOnlyList<QuotedLimit>> ReadAsync(Grant grant, Credential? credential, Demand worstCase, CancellationToken cancellationToken)
    {
        ImmutableArray<AccountLimits> accounts = credential is { Limits.IsEmpty: false } ? grant.Accounts.Add(new AccountLimits(credential.Account, credential.Limits)) : grant.Accounts;
        // A limit of the largest amount bounds nothing: its account is only counted.
        var limits = accounts.SelectMany(account => account.Limits, (account, limit) => (account.Account, Limit: limit)).Where(pair => pair.Limit.IsBounded).ToList();
        if (limits.Count == 0)
        {
            return [];
        }
        var states = await authority.ReadAsync([.. limits.Select(pair => new CounterKey(pair.Account, pair.Limit.Unit, pair.Limit.Unit == LimitUnit.Concurrent ? LimitWindow.Lifetime : pair.Limit.Window))], cancellationToken);
        return [.. limits.Zip(states, (pair, state) => Describe(pair.Account, pair.Limit, state, worstCase))];
    }

    private static QuotedLimit Describe(AccountId account, in Limit limit, CounterState state, in Demand worstCase)
    {
        var colon = account.Value.IndexOf(':', StringComparison.Ordinal);
        var (left, needed) = (Math.Max(0, limit.Amount - state.Spent - state.Leased), worstCase.Of(limit.Unit));
        // What gateways keep at hand is for the next requests, this one too: it is in the way only of what is larger than all that is not spent.
        var fits = needed <= Math.Max(0, limit.Amount - state.Spent) && limit.Amount > 0;
        return new QuotedLimit(
            account.Value[..colon], account.Value[(colon + 1)..], LimitDocument.NameOf(limit.Unit), LimitRequests.Amount(limit.Unit, limit.Amount), LimitDocument.NameOf(limit.Window),
            LimitRequests.Amount(limit.Unit, left), LimitRequests.Amount(limit.Unit, needed), fits);
    }
}
