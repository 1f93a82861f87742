using System.Collections.Immutable;
using CredentialProxy.Core.Limits.Ledger;

namespace CredentialProxy.Core.Limits;

/// <summary>
/// Accounts whose limits are resolved to the ledger's counters, so that reserving looks nothing up. Cheap to keep for as long as a grant is; made by
/// <see cref="QuotaLedger.Bind"/>.
/// </summary>
public sealed class BoundAccounts
{
    internal BoundAccounts(ImmutableArray<AccountLimits> accounts, Func<CounterKey, long, LeaseSlot?> findSlot)
    {
        // Of two limits on the same counter the lower one holds both; charging each would count a request twice.
        var tightest = new Dictionary<CounterKey, Limit>();
        foreach (var account in accounts)
        {
            foreach (var limit in account.Limits)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(limit.Amount);
                ArgumentOutOfRangeException.ThrowIfGreaterThan(limit.Amount, Limit.MaxAmount);
                var window = limit.Unit == LimitUnit.Concurrent ? LimitWindow.Lifetime : limit.Window;
                var key = new CounterKey(account.Account, limit.Unit, window);
                if (!tightest.TryGetValue(key, out var other) || limit.Amount < other.Amount)
                    tightest[key] = limit;
            }
        }

        Limits = [.. tightest.Select(pair => new BoundLimit(pair.Key, pair.Value) { Slot = findSlot(pair.Key, pair.Value.Amount) })];
    }

    internal BoundLimit[] Limits { get; }
}
