using System.Collections.Concurrent;
using System.Security.Cryptography;
using CredentialProxy.Core.Limits;
using CredentialProxy.Tests.Limits.Redis;
using CredentialProxy.Tests.Limits.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>Everything at once, on many threads and by the real clock.</summary>
public sealed class StressTests
{
    private const int Threads = 16;
    private const int Operations = 10_000;

    private static readonly Limit[] OfToken =
    [
        new(LimitUnit.Tokens, 60_000, LimitWindow.Lifetime), new(LimitUnit.Requests, 1_000, LimitWindow.Lifetime), new(LimitUnit.Concurrent, 12, LimitWindow.Lifetime),
    ];

    private static readonly Limit[] OfProject = [new(LimitUnit.Tokens, 200_000, LimitWindow.Lifetime), new(LimitUnit.Usd, 10_000_000, LimitWindow.Lifetime)];

    private static readonly AccountId[] Tokens = [.. Enumerable.Range(0, 5).Select(index => AccountId.Token($"{index}"))];

    private readonly ConcurrentBag<(AccountId Token, Demand Used)> _used = [];

    [Fact]
    public Task After_ten_thousand_operations_what_was_settled_is_spent_and_nothing_is_held() => WorkAsync(SqliteQuotaStore.CreateAsync, store =>
    {
        var authority = store.Open();
        return [authority, authority];
    });

    [Fact]
    public Task After_ten_thousand_operations_on_Redis_through_two_holders_the_same_holds() =>
        WorkAsync(RedisQuotaStore.CreateAsync, store => [store.Open(), store.Open()]);

    private async Task WorkAsync(Func<TimeProvider, Task<IQuotaStore>> createStore, Func<IQuotaStore, IQuotaAuthority[]> open)
    {
        await using var store = await createStore(TimeProvider.System);
        var authorities = open(store);
        var authority = authorities[0];
        QuotaLedger[] ledgers = [.. authorities.Select(NewLedger)];
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() => WorkAsync(ledgers[thread % 2]))));
        Assert.True(_used.Count > Operations / 10, $"only {_used.Count} settled");
        foreach (var ledger in ledgers)
        {
            await ledger.DisposeAsync();
            Assert.Equal(0, ledger.OpenReservations);
        }

        foreach (var token in Tokens)
        {
            var used = _used.Where(entry => entry.Token == token).Select(entry => entry.Used).ToList();
            Assert.Equal([new(used.Sum(demand => demand.Tokens), 0), new(used.Count, 0), default], await ReadAsync(authority, token, OfToken));
        }
        var all = _used.Select(entry => entry.Used).ToList();
        Assert.Equal([new(all.Sum(demand => demand.Tokens), 0), new(all.Sum(demand => demand.CostMicroUsd), 0)], await ReadAsync(authority, AccountId.Project("all"), OfProject));
        Assert.Equal(_used.Count, (await store.RecordsAsync()).Count);
    }

    [Fact]
    public async Task Who_finds_the_last_place_just_taken_gives_back_what_it_took_before()
    {
        await using var store = await SqliteQuotaStore.NewAsync(TimeProvider.System);
        var authority = store.Open();
        var ledger = NewLedger(authority);
        Limit[] limits = [new(LimitUnit.Tokens, Limit.MaxAmount, LimitWindow.Lifetime), new(LimitUnit.Concurrent, 1, LimitWindow.Lifetime)];
        var accounts = ledger.Bind([new(Tokens[0], [.. limits])]);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var request = 0; request < 2_000; request++)
                (await ledger.ReserveAsync(accounts, null, new Demand(1, 0), new Owner(), CancellationToken.None)).Reservation?.Release();
        })));
        await ledger.DisposeAsync();
        Assert.Equal([default, default], await ReadAsync(authority, Tokens[0], limits));
    }

    private static QuotaLedger NewLedger(IQuotaAuthority authority) => new(authority, new QuotaLedgerOptions(), TimeProvider.System, NullLogger<QuotaLedger>.Instance);

    private static async Task<CounterState[]> ReadAsync(IQuotaAuthority authority, AccountId account, Limit[] limits) =>
        await authority.ReadAsync([.. limits.Select(limit => new CounterKey(account, limit.Unit, limit.Window))], CancellationToken.None);

    private async Task WorkAsync(QuotaLedger ledger)
    {
        var accounts = Tokens.Select(token => ledger.Bind([new(token, [.. OfToken]), new(AccountId.Project("all"), [.. OfProject])])).ToList();
        var open = new Queue<(AccountId Token, Reservation Reservation)>();
        for (var operation = 0; operation < Operations / Threads; operation++)
        {
            var token = RandomNumberGenerator.GetInt32(Tokens.Length);
            var worstCase = new Demand(RandomNumberGenerator.GetInt32(1, 500), RandomNumberGenerator.GetInt32(1, 5_000));
            if (await TryReserveAsync(ledger, accounts[token], worstCase) is { } reservation)
                open.Enqueue((Tokens[token], reservation));
            if (open.Count > RandomNumberGenerator.GetInt32(4))
                End(open.Dequeue());
        }
        // One in sixteen stays open, to be charged when the ledger ends.
        while (open.Count > 1)
            End(open.Dequeue());
        if (open.TryDequeue(out var last))
            _used.Add((last.Token, last.Reservation.Held));
    }

    private static async Task<Reservation?> TryReserveAsync(QuotaLedger ledger, BoundAccounts accounts, Demand worstCase)
    {
        using var client = new CancellationTokenSource();
        var reserving = ledger.ReserveAsync(accounts, null, worstCase, new Owner(), client.Token).AsTask();
        if (RandomNumberGenerator.GetInt32(8) == 0)
            await client.CancelAsync();
        try
        {
            return (await reserving).Reservation;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private void End((AccountId Token, Reservation Reservation) open)
    {
        var (token, reservation) = open;
        if (RandomNumberGenerator.GetInt32(5) == 0)
        {
            Assert.True(reservation.Release());
            return;
        }
        var used = new Demand(RandomNumberGenerator.GetInt32((int)reservation.Held.Tokens + 1), RandomNumberGenerator.GetInt32((int)reservation.Held.CostMicroUsd + 1));
        Assert.True(reservation.Settle(used, ((Owner)reservation.Owner).Record(used)));
        _used.Add((token, used));
    }
}
