using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Tests.Limits;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>Limits over the control API: what is left, more of one, and all of one again.</summary>
public abstract class LimitsContract
{
    /// <summary>An admin of the control plane.</summary>
    protected abstract ControlCalls Admin { get; }

    [Fact]
    public async Task A_top_up_lets_a_token_go_on_that_had_come_to_its_end()
    {
        var (id, token) = await MintAsync(new { unit = "requests", limit = 1 });
        Assert.Equal([null, "rate_limit_exceeded"], await CallAsync(token, 2));
        await SettledAsync(id, "1 1 0");
        var answer = await Admin.SendAsync("POST", $"/api/tokens/{id}/limits/top-up", new { unit = "requests", amount = 2 });
        Assert.Equal("3 1 2", State(answer.Json));
        await Product.EventuallyAsync(async () => (await CallAsync(token, 1))[0] is null, "the raised limit is met");
        Assert.Equal([null, "rate_limit_exceeded"], await CallAsync(token, 2));
        var entry = (await Admin.GetAsync($"/api/audit?object={id}&action=token.top-up"))["events"]![0]!;
        Assert.Equal((1, 3), ((int)entry["before"]!["limits"]![0]!["limit"]!, (int)entry["after"]!["limits"]![0]!["limit"]!));
    }

    [Fact]
    public async Task A_reset_has_all_of_a_limit_be_there_again_and_keeps_the_records()
    {
        var (id, token) = await MintAsync(new { unit = "requests", limit = 2, window = "month" });
        Assert.Equal([null, null, "rate_limit_exceeded"], await CallAsync(token, 3));
        await SettledAsync(id, "2 2 0");
        var answer = await Admin.SendAsync("POST", $"/api/tokens/{id}/limits/reset", new { unit = "requests", window = "month" });
        Assert.Equal("2 0 2", State(answer.Json));
        await Product.EventuallyAsync(async () => (await CallAsync(token, 1))[0] is null, "the reset limit is met");
        Assert.Equal([null, "rate_limit_exceeded"], await CallAsync(token, 2));
        await SettledAsync(id, "2 2 0");
        Assert.Equal(4, (int)(await Admin.GetAsync($"/api/usage?token={id}"))["totals"]!["requests"]!);
        var entry = (await Admin.GetAsync($"/api/audit?object={id}&action=token.reset"))["events"]![0]!;
        Assert.Equal((2, 0), ((int)entry["before"]!["spent"]!, (int)entry["after"]!["spent"]!));
    }

    [Fact]
    public async Task Limits_are_never_exceeded_while_they_are_reset_under_load()
    {
        const int Limit = 5;
        var (id, token) = await MintAsync(new { unit = "requests", limit = Limit, window = "day" });
        using var stop = new CancellationTokenSource();
        var passed = 0;
        var clients = Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!stop.IsCancellationRequested)
            {
                if ((await CallAsync(token, 1))[0] is null)
                {
                    Interlocked.Increment(ref passed);
                }
            }
        }).ToList();
        const int Resets = 4;
        for (var i = 1; i <= Resets; i++)
        {
            await Product.EventuallyAsync(() => Task.FromResult(Volatile.Read(ref passed) > (i - 1) * Limit), "something passes");
            Assert.Equal(HttpStatusCode.OK, (await Admin.SendAsync("POST", $"/api/tokens/{id}/limits/reset", new { unit = "requests", window = "day" })).Status);
        }
        await stop.CancelAsync();
        await Task.WhenAll(clients);
        Assert.InRange(passed, Resets, (Resets + 1) * Limit);
        var state = (await Admin.GetAsync($"/api/tokens/{id}/limits"))["limits"]![0]!;
        Assert.InRange((int)state["spent"]! + (int)state["reserved"]!, 0, Limit);
    }

    public static TheoryData<string, string, string> Wrong => new()
    {
        { "top-up", """{"unit":"apples","amount":1}""", "unit" },
        { "top-up", """{"amount":1}""", "unit" },
        { "top-up", """{"unit":"usd","amount":1}""", "unit" },
        { "top-up", """{"unit":"requests","window":"fortnight","amount":1}""", "window" },
        { "top-up", """{"unit":"requests","window":"day","amount":1}""", "window" },
        { "top-up", """{"unit":"tokens"}""", "amount" },
        { "top-up", """{"unit":"tokens","amount":0}""", "amount" },
        { "top-up", """{"unit":"tokens","amount":-5}""", "amount" },
        { "top-up", """{"unit":"tokens","amount":0.5}""", "amount" },
        { "top-up", """{"unit":"tokens","amount":9007199254740991}""", "amount" },
        { "top-up", """{"unit":"tokens","amount":1e300}""", "amount" },
        { "reset", """{"unit":"tokens","amount":5}""", "amount" },
        { "reset", """{"unit":"requests","window":"minute"}""", "window" },
        { "reset", """{"unit":"concurrent"}""", "window" },
        { "reset", """{}""", "unit" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_can_t_be_is_told_by_its_field_and_changes_nothing(string action, string request, string field)
    {
        var limits = new object[] { new { unit = "tokens", limit = 10 }, new { unit = "requests", limit = 5, window = "day" }, new { unit = "requests", limit = 5, window = "minute" }, new { unit = "concurrent", limit = 5 } };
        var id = (string)(await Admin.CreateAsync("/api/tokens", new { kind = "proxy", limits }))["id"]!;
        var before = await Admin.SendAsync("GET", $"/api/tokens/{id}");
        var answer = await Admin.SendAsync("POST", $"/api/tokens/{id}/limits/{action}", request);
        Assert.True(answer.Status == HttpStatusCode.BadRequest && answer.Fields.SequenceEqual([field]), answer.Text);
        Assert.Equal((before.Text, before.Tag), (await Admin.SendAsync("GET", $"/api/tokens/{id}")) is var after ? (after.Text, after.Tag) : default);
    }

    [Fact]
    public async Task Projects_and_credentials_have_theirs_too()
    {
        foreach (var (path, request) in new (string, object)[]
        {
            ("/api/projects", new { name = "limited project", limits = new[] { new { unit = "usd", limit = 1.5 } } }),
            ("/api/credentials", new { provider = "gemini", secret = "sk-limited", disabled = true, limits = new[] { new { unit = "usd", limit = 1.5 } } }),
        })
        {
            var id = (string)(await Admin.CreateAsync(path, request))["id"]!;
            Assert.Equal("1.5 0 1.5", State((await Admin.SendAsync("POST", $"{path}/{id}/limits/reset", new { unit = "usd" })).Json));
            Assert.Equal("1.75 0 1.75", State((await Admin.SendAsync("POST", $"{path}/{id}/limits/top-up", new { unit = "usd", amount = 0.25 })).Json));
            Assert.Equal("1.75 0 1.75", State(await Admin.GetAsync($"{path}/{id}/limits")));
            Assert.Equal(HttpStatusCode.NotFound, (await Admin.SendAsync("POST", $"{path}/none/limits/reset", new { unit = "usd" })).Status);
        }
    }

    private async Task<(string Id, JsonNode Token)> MintAsync(object limit)
    {
        var made = await Admin.CreateAsync("/api/tokens", new { kind = "proxy", limits = new[] { limit } });
        return ((string)made["id"]!, made);
    }

    // A client has its answer a moment before it is settled.
    private Task SettledAsync(string id, string state) => Product.EventuallyAsync(async () => State(await Admin.GetAsync($"/api/tokens/{id}/limits")) == state, $"it is {state}");

    /// <summary>Makes one request with a token; null, or the code with which it was refused.</summary>
    protected abstract Task<string?> CallAsync(JsonNode token);

    private async Task<string?[]> CallAsync(JsonNode token, int count)
    {
        var codes = new string?[count];
        for (var i = 0; i < count; i++)
        {
            codes[i] = await CallAsync(token);
        }
        return codes;
    }

    private static string State(JsonNode answer) => answer["limits"]![0] is { } limit ? $"{limit["limit"]} {limit["spent"]} {limit["remaining"]}" : "";
}

/// <summary>Limits in the embedded store, as the gateway meets them.</summary>
public sealed class LimitsOnSqliteTests(Product product) : LimitsContract, IClassFixture<Product>, IDisposable
{
    protected override ControlCalls Admin { get; } = ControlCalls.AdminOf(product);

    public void Dispose() => Admin.Dispose();

    protected override async Task<string?> CallAsync(JsonNode token)
    {
        using var answer = await product.ChatAsync((string)token["token"]!);
        return answer.Headers.TryGetValues("x-credential-proxy-error", out var code) ? code.Single() : null;
    }
}

/// <summary>Limits that are kept on Postgres. There is no gateway beside it: what one would do to the accounts is done by hand, under the limit that the directory tells.</summary>
public sealed class LimitsOnPostgresTests(PostgresControlPlane control) : LimitsContract, IClassFixture<PostgresControlPlane>, IDisposable
{
    protected override ControlCalls Admin { get; } = new(control.Address, PostgresControlPlane.AdminKey);

    public void Dispose() => Admin.Dispose();

    protected override async Task<string?> CallAsync(JsonNode token)
    {
        var (id, now, stop) = ((string)token["id"]!, TimeProvider.System.GetUtcNow(), TestContext.Current.CancellationToken);
        var grant = await control.Directory.FindProxyTokenAsync(TokenHash.Of((string)token["token"]!), stop);
        var account = Assert.Single(grant!.Accounts);
        var limit = Assert.Single(account.Limits);
        var counter = new CounterInstance(new CounterKey(account.Account, limit.Unit, limit.Window), WindowClock.StartOf(limit.Window, now.ToUnixTimeMilliseconds()));
        var answers = await control.Authority.LeaseAsync(ReadOnlyMemory<LeaseAmount>.Empty, new[] { new LeaseRequest(counter, limit.Amount, 1, 1) }, stop);
        if (answers[0].Granted == 0)
        {
            return "rate_limit_exceeded";
        }
        var record = UsageRecords.Of(Guid.NewGuid().ToString("n")) with { TokenId = id, Time = now };
        await control.Authority.SettleAsync([new Settlement(record, [new LeaseAmount(counter, limit.Amount, answers[0].Granted)], [])], stop);
        await control.RecordAsync([record]);
        return null;
    }
}
