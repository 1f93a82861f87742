using System.Globalization;
using CredentialProxy.Benchmarks.Attacks.Overspend;
using CredentialProxy.Benchmarks.Chaos.Load;

namespace CredentialProxy.Benchmarks.Chaos.Books;

/// <summary>Holds the accounts against their limits, the records, the closed leases, and what the provider did.</summary>
internal sealed class AccountChecks(Ledgers ledgers)
{
    public IEnumerable<Check> All() => [Limits(), Truth(), Equal(), Accounted(), Rest()];

    private Check Limits()
    {
        var shares = ledgers.All.Select(account => (double)ledgers.StateOf(account).Spent / account.Limit).ToList();
        var overrun = ledgers.Accounts.Counters.Values.Sum(state => state.Overrun);
        return new("no account is above its limit", shares.All(share => share <= 1) && overrun == 0, Text($"{shares.Count} accounts, highest {shares.Max():0.0000}, {shares.Count(share => share > 0.97)} used up, overrun {overrun}"));
    }

    private Check Truth()
    {
        var shares = ledgers.All.Select(account => (double)ledgers.Produced(account, ledgers.Attempts) / account.Limit).ToList();
        var unpaid = ledgers.All.Where(account => ledgers.Produced(account, ledgers.Attempts) > ledgers.StateOf(account).Spent).ToList();
        return new("nor is what the provider did, and all of it is paid", shares.All(share => share <= 1) && unpaid.Count == 0, Text($"highest {shares.Max():0.0000}; {unpaid.Count} accounts spent less than was produced{First(unpaid)}"));
    }

    private Check Equal()
    {
        var names = ledgers.Accounts.Counters.Keys.Concat(ledgers.Usage.Counters.Keys).Distinct().ToList();
        var wrong = names.Where(name => (ledgers.Accounts.Counters.GetValueOrDefault(name) with { Leased = 0 }) != ledgers.Usage.Counters.GetValueOrDefault(name)).ToList();
        return new("accounts in Redis are what Postgres knows of them", wrong.Count == 0, Text($"{names.Count} counters, {wrong.Count} that differ"));
    }

    private Check Accounted()
    {
        var wrong = ledgers.All.Where(account =>
        {
            var (spent, recorded, closed) = (ledgers.StateOf(account).Spent, ledgers.Recorded(account), ledgers.Closed(account));
            // Exact where nobody came back from the dead. One who did spends first what counted as spent already.
            return spent > recorded + closed.Amount || spent < recorded + closed.Amount - closed.Reused;
        }).ToList();
        var reused = ledgers.All.Count(account => ledgers.Closed(account).Reused > 0);
        return new("what is spent is what records say and dead gateways had leased", wrong.Count == 0, Text($"{ledgers.All.Count} accounts, {wrong.Count} that differ{First(wrong)}; {reused} with a gateway that came back"));
    }

    private Check Rest()
    {
        var leased = ledgers.Accounts.Counters.Values.Sum(state => state.Leased);
        var left = ledgers.Accounts.Left;
        return new("nothing is reserved or leased any more", leased == 0 && left is { Holders: 0, Dead: 0, Leases: 0, Usage: 0, DeadLetters: 0 }, Text($"leased {leased}, {left.Holders} gateways, {left.Dead} dead ones, {left.Leases} with leases, {left.Usage} entries on their way, {left.DeadLetters} put aside"));
    }

    /// <summary>What crashes cost that nobody used, as shares of all limits of a unit.</summary>
    public string Stranded() => string.Join(", ", ledgers.All.GroupBy(account => account.Unit).Select(group =>
    {
        var stranded = group.Sum(account => Math.Max(0, ledgers.StateOf(account).Spent - ledgers.Recorded(account) - ledgers.Produced(account, ledgers.Unrecorded)));
        return $"{UnitAmounts.Percent((double)stranded / group.Sum(account => account.Limit)).Trim()} of {group.Key}";
    }));

    private string First(List<LimitedAccount> accounts) => accounts.Count == 0 ? ""
        : Text($"; the first: {accounts[0].Unit} {accounts[0].Name}, limit {accounts[0].Limit}, spent {ledgers.StateOf(accounts[0]).Spent}, recorded {ledgers.Recorded(accounts[0])}, closed {ledgers.Closed(accounts[0])}, produced {ledgers.Produced(accounts[0], ledgers.Attempts)}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
