using CredentialProxy.Benchmarks.Attacks;
using CredentialProxy.Benchmarks.Attacks.Overspend;
using CredentialProxy.Benchmarks.Chaos.Load;

namespace CredentialProxy.Benchmarks.Chaos.Books;

/// <summary>All that is known of a run when it has come to rest: what clients saw, what the provider did, what Postgres and Redis say.</summary>
internal sealed record Ledgers
{
    public required IReadOnlyCollection<Attempt> Attempts { get; init; }

    public required IReadOnlyList<LoadedToken> Tokens { get; init; }

    public required IReadOnlyDictionary<string, Truth> Truths { get; init; }

    public required UsageBooks Usage { get; init; }

    public required AccountBooks Accounts { get; init; }

    /// <summary>The records of each attempt, by the model that it named.</summary>
    public ILookup<string, RecordedRequest> RecordsOf => field ??= Usage.Records.ToLookup(record => record.Model);

    public IReadOnlyList<LimitedAccount> All => field ??= [.. Tokens.SelectMany(token => token.Accounts).Distinct()];

    /// <summary>What reached the provider and has no record.</summary>
    public IReadOnlyList<Attempt> Unrecorded => field ??= [.. Attempts.Where(attempt => Truths.ContainsKey(attempt.Model) && !RecordsOf.Contains(attempt.Model))];

    /// <summary>What the provider did for some attempts, in the unit of an account that they are charged to.</summary>
    public long Produced(LimitedAccount account, IEnumerable<Attempt> attempts) =>
        attempts.Where(attempt => attempt.Token.Accounts.Contains(account)).Sum(attempt => UnitAmounts.Spent(account.Unit, Truths.GetValueOrDefault(attempt.Model)));

    /// <summary>What the records say was charged to an account.</summary>
    public long Recorded(LimitedAccount account)
    {
        var tokens = Tokens.Where(token => token.Accounts.Contains(account)).Select(token => token.Id).ToHashSet();
        return Usage.Records.Where(record => tokens.Contains(record.TokenId)).Sum(record => record.Charged(account.Unit));
    }

    /// <summary>What became spent of an account because gateways died, and how much of it they may have spent themselves after all, having only been silent.</summary>
    public (long Amount, long Reused) Closed(LimitedAccount account)
    {
        var name = AccountBooks.NameOf(account.Unit, account.Name);
        var closed = Usage.Closed.Where(lease => lease.Key.Counter == name).ToList();
        return (closed.Sum(lease => lease.Value), closed.Sum(lease => Math.Max(0, lease.Value - Accounts.Unspent.GetValueOrDefault(lease.Key))));
    }

    public AccountState StateOf(LimitedAccount account) => Accounts.Counters.GetValueOrDefault(AccountBooks.NameOf(account.Unit, account.Name));
}
