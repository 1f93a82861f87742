using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;

namespace CredentialProxy.Tests.Faults;

/// <summary>
/// The process is killed in the middle of its work, again and again on the same data directory. No limit is ever exceeded, nothing settled is lost, a kill costs
/// no more than what was leased, and afterwards nothing is held.
/// </summary>
[Collection(nameof(FaultTests))]
public sealed class KillTests : IAsyncLifetime
{
    private const int Kills = 10;
    public const string ProjectId = "killed";
    private const string HalfwayId = "halfway";
    private const string Limited = "limited";

    /// <summary>No request of the load can use more tokens.</summary>
    private const int WorstCaseTokens = 300;

    private static readonly TimeSpan MostUnsettled = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan LongStandstill = TimeSpan.FromSeconds(1);

    private static readonly PriceTable Prices = PriceTable.Load(new PricingOptions());

    // Each has a model of its own, by which the mock tells them apart. Some limits are never reached, some in the middle of it all.
    private readonly TokenUnderLoad[] _tokens =
    [
        new("gpt-4o-mini", Clients: 5, Limit(LimitUnit.Tokens, 1_000_000), Limit(LimitUnit.Usd, 10_000_000), Limit(LimitUnit.Requests, 100_000), Limit(LimitUnit.Concurrent, 4)),
        new("gpt-4o", Clients: 2, Limit(LimitUnit.Tokens, 7_000)),
        new("gpt-4.1", Clients: 2, Limit(LimitUnit.Usd, 40_000)) { Kind = "session" },
        new("gpt-4.1-mini", Clients: 2, new(LimitUnit.Requests, 80, LimitWindow.Minute), new(LimitUnit.Requests, 20, LimitWindow.Second), Limit(LimitUnit.Requests, 120)),
    ];

    // Its budget is a claim, and counts against its workspace's.
    private readonly TokenUnderLoad _foreign = new("gpt-3.5-turbo", Clients: 2) { Kind = "foreign", Project = HalfwayId };
    private readonly TokenUnderLoad _ofLimitedKey = new("gpt-4", Clients: 2, Limit(LimitUnit.Requests, 100_000)) { Provider = Limited };
    private readonly TokenUnderLoad _slow = new("gpt-4.1-nano", Clients: 0, Limit(LimitUnit.Concurrent, 3));
    private readonly TokenUnderLoad _last = new("gpt-4-turbo", Clients: 1, Limit(LimitUnit.Tokens, 100_000));

    private readonly string _directory = Directory.CreateTempSubdirectory("credential-proxy-kill").FullName;
    private readonly HashSet<string> _mustBeRecorded = [];
    private readonly List<AccountUnderLoad> _accounts = [];
    private readonly List<TimeSpan> _standstills = [];
    private SurvivingMock _mock = null!;
    private KilledAccounts? _killed;

    private IEnumerable<TokenUnderLoad> All => [.. _tokens, _ofLimitedKey, _slow, _last];

    public async ValueTask InitializeAsync() => _mock = await SurvivingMock.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _mock.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Killed_ten_times_under_load_it_exceeds_no_limit_loses_nothing_settled_and_holds_nothing()
    {
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var product = await StartAsync();
            await RunAndKillAsync(product);
            await CheckKilledAsync();
        }
        await using var survivor = await StartAsync();
        await UseUpAsync(survivor);
        // Some limits were reached in the middle of it all, and others never.
        Assert.All(_accounts.Skip(1), account => Assert.True(account.IsUsedUp(_killed!, WorstCaseTokens), $"{account.Account} was never used up"));
        // Had the machine stood still all the time, nothing would have been promised.
        Assert.True(_standstills.Count(standstill => standstill < LongStandstill) > Kills / 2, string.Join(", ", _standstills));
        Assert.True(_mustBeRecorded.Count > Kills * 10, $"only {_mustBeRecorded.Count} answers came whole");
    }

    private static Limit Limit(LimitUnit unit, long amount) => new(unit, amount, LimitWindow.Lifetime);

    private async Task<StandaloneProcess> StartAsync()
    {
        var product = await StandaloneProcess.StartAsync(_directory, _mock.Address, Limited);
        await (_killed is null ? SetUpAsync(product) : CheckStartedAsync(product));
        return product;
    }

    private async Task SetUpAsync(StandaloneProcess product)
    {
        await AddProjectAsync(product, ProjectId, All, new(LimitUnit.Tokens, 2_000_000, LimitWindow.Lifetime), new(LimitUnit.Usd, 100_000_000, LimitWindow.Month));
        await AddProjectAsync(product, HalfwayId, [_foreign], new(LimitUnit.Tokens, 6_000, LimitWindow.Lifetime), new(LimitUnit.Usd, 100_000_000, LimitWindow.Month));
        Limit[] ofKey = [new(LimitUnit.Tokens, 7_000, LimitWindow.Day), new(LimitUnit.Requests, 100_000, LimitWindow.Lifetime)];
        var key = (string)(await product.PostAsync("/api/credentials", new { provider = Limited, secret = "sk-limited", limits = Documents(ofKey) }))["id"]!;
        _accounts.Add(new AccountUnderLoad($"/api/credentials/{key}", AccountId.Credential(key), [_ofLimitedKey.Model], ofKey));
        foreach (var token in All)
        {
            var made = await product.PostAsync("/api/tokens", new { kind = token.Kind, project = token.Project, limits = Documents(token.Limits) });
            (token.Id, token.Token) = ((string)made["id"]!, (string)made["token"]!);
        }
        var minted = await product.PostAsync("/api/session-tokens", new { sub = HalfwayId, provider = "openai", budget = 6_000, ttlSeconds = 3_600 });
        (_foreign.Id, _foreign.Token) = ((string)minted["id"]!, (string)minted["token"]!);
    }

    private async Task AddProjectAsync(StandaloneProcess product, string id, IEnumerable<TokenUnderLoad> tokens, params Limit[] limits)
    {
        await product.PostAsync("/api/projects", new { id, name = id, limits = Documents(limits) });
        _accounts.Add(new AccountUnderLoad($"/api/projects/{id}", AccountId.Project(id), [.. tokens.Select(token => token.Model)], limits));
    }

    private static IEnumerable<LimitDocument> Documents(IEnumerable<Limit> limits) => limits.Select(limit => LimitDocument.Of(limit));

    /// <summary>Has all clients at work and all places of the slow token taken, and kills in the middle of it.</summary>
    private async Task RunAndKillAsync(StandaloneProcess product)
    {
        using var load = new KillLoad(product.Gateway);
        await TakeAllPlacesAsync(load);
        await using var pulse = new Pulse(_directory);
        foreach (var token in All.Append(_foreign))
        {
            for (var client = 0; client < token.Clients; client++)
                load.Add(token, isStream: client % 2 == 1);
        }
        var enough = RandomNumberGenerator.GetInt32(60, 120);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (load.Completed.Count < enough)
        {
            Assert.False(patience.IsCancellationRequested, "The load makes no progress: " + string.Join(", ", load.Statuses));
            await Task.Delay(5);
        }
        var killedAt = Stopwatch.GetTimestamp();
        var standstill = pulse.StandstillBefore(killedAt, TimeSpan.FromSeconds(2));
        _standstills.Add(standstill);
        await product.KillAsync();
        await load.EndAsync();
        Assert.All(load.Statuses.Keys, status => Assert.Contains(status, new[] { HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.ServiceUnavailable }));
        foreach (var (requestId, at) in load.Completed)
        {
            if (Stopwatch.GetElapsedTime(at, killedAt) > MostUnsettled + (3 * standstill))
                _mustBeRecorded.Add(requestId);
        }
    }

    /// <summary>A token's concurrency is all there, and no more.</summary>
    private async Task TakeAllPlacesAsync(KillLoad load)
    {
        for (var place = 0; place < _slow.Limits[0].Amount; place++)
            Assert.Equal(HttpStatusCode.OK, (await load.HoldAsync(_slow)).StatusCode);
        var refused = await load.HoldAsync(_slow);
        Assert.Equal("concurrency_limit_exceeded", refused.Headers.GetValues("x-credential-proxy-error").Single());
    }

    /// <summary>What the file says after a kill against what the clients saw and the mock produced.</summary>
    private async Task CheckKilledAsync()
    {
        var produced = await _mock.ProducedAsync();
        var killed = await KilledAccounts.ReadAsync(_directory);
        Assert.Empty(_mustBeRecorded.Except(killed.Recorded));
        foreach (var token in All)
        {
            var (ofModel, recorded) = (produced.GetValueOrDefault(token.Model), killed.UsageOf(token.Id));
            Assert.InRange(recorded.Tokens, 0, ofModel.Tokens);
            foreach (var limit in token.Limits.Where(limit => limit.Window == LimitWindow.Lifetime && limit.Unit != LimitUnit.Concurrent))
            {
                var state = killed.Of(token.Account, limit);
                Assert.InRange(ofModel.Of(limit.Unit), 0, limit.Amount);
                // Whatever was produced is paid for, or will be by the lease; beyond what is recorded only leases of earlier kills are spent.
                Assert.InRange(state.Spent + state.Leased, ofModel.Of(limit.Unit), limit.Amount);
                var lost = token.LostToKills.GetValueOrDefault(limit.Unit);
                Assert.InRange(state.Spent, recorded.Of(limit.Unit), recorded.Of(limit.Unit) + lost);
                token.LostToKills[limit.Unit] = lost + state.Leased;
                // At hand is the share of the limit, what requests under way can use at most, and what was used and had not been written.
                var atHand = (limit.Amount * new QuotaLedgerOptions().LeaseShare) + (token.Clients * WorstCaseOf(token).Of(limit.Unit));
                Assert.InRange(state.Leased, 0, atHand + token.UnrecordedSince(limit.Unit, ofModel.Of(limit.Unit) - recorded.Of(limit.Unit)));
            }
        }
        CheckRate(_tokens[3]);
        foreach (var account in _accounts)
            account.CheckKilled(killed, produced);
        _killed = killed;
    }

    /// <summary>The most that one request of a token's clients can use.</summary>
    private static Demand WorstCaseOf(TokenUnderLoad token) => new(
        WorstCaseTokens, Prices.Find("openai", token.Model).WorstCaseMicroUsd(new CostBounds { InputTokens = WorstCaseTokens - KillLoad.MaxTokens, OutputTokens = KillLoad.MaxTokens, MayWriteCache = true }), 1);

    /// <summary>In no minute and no second more arrived than may be let through, kills between them or not.</summary>
    private void CheckRate(TokenUnderLoad token)
    {
        var arrivals = _mock.ArrivalsOf(token.Model);
        foreach (var limit in token.Limits.Where(limit => WindowClock.IsSliding(limit.Window)))
        {
            // Each client may have had one on its way for longer than those that came after.
            var length = TimeSpan.FromMilliseconds(WindowClock.LengthMs(limit.Window));
            Assert.All(arrivals, first => Assert.InRange(arrivals.Count(other => other >= first && other < first + length), 1, limit.Amount + token.Clients));
        }
    }

    /// <summary>Nothing is reserved, and what was leased at the kill is spent: no more, no less.</summary>
    private async Task CheckStartedAsync(StandaloneProcess product)
    {
        foreach (var account in _accounts)
            await account.CheckStartedAsync(product.Admin, _killed!);
        foreach (var token in All)
        {
            var states = (await product.Admin.GetFromJsonAsync<JsonNode>($"/api/tokens/{token.Id}"))!["limits"]!.AsArray();
            foreach (var (limit, state) in token.Limits.Zip(states))
            {
                Assert.Equal(0, (decimal)state!["reserved"]!);
                if (limit.Window != LimitWindow.Lifetime)
                    continue;
                var killed = _killed!.Of(token.Account, limit);
                var spent = limit.Unit == LimitUnit.Concurrent ? 0 : killed.Spent + killed.Leased;
                Assert.Equal(limit.Unit == LimitUnit.Usd ? MicroUsd.ToUsd(spent) : spent, (decimal)state["spent"]!);
            }
        }
    }

    /// <summary>What is left of a budget can be used to the end.</summary>
    private async Task UseUpAsync(StandaloneProcess product)
    {
        using (var load = new KillLoad(product.Gateway))
        {
            await TakeAllPlacesAsync(load);
            await UseUpAsync(load);
        }
        var state = (await product.Admin.GetFromJsonAsync<JsonNode>($"/api/tokens/{_last.Id}"))!["limits"]![0]!;
        Assert.InRange((long)state["spent"]!, _last.Limits[0].Amount - WorstCaseTokens, _last.Limits[0].Amount);
        Assert.InRange((await _mock.ProducedAsync())[_last.Model].Tokens, 0, _last.Limits[0].Amount);
    }

    private async Task UseUpAsync(KillLoad load)
    {
        foreach (var outputTokens in new[] { 3_000, 300, 16 })
        {
            HttpStatusCode status;
            do
            {
                using var answer = await load.SendAsync(_last, isStream: false, "{}", outputTokens);
                await answer.Content.ReadAsByteArrayAsync();
                status = answer.StatusCode;
            }
            while (status == HttpStatusCode.OK);
            Assert.Equal(HttpStatusCode.TooManyRequests, status);
        }
    }
}
