using System.Net;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>Limits over the control API: what is left, more of one, and all of one again.</summary>
public sealed class LimitsTests(Product product) : IClassFixture<Product>
{
    [Fact]
    public async Task A_top_up_lets_a_token_go_on_that_had_come_to_its_end()
    {
        using var admin = ControlCalls.AdminOf(product);
        var (id, token) = await MintAsync(admin, new { unit = "requests", limit = 1 });
        Assert.Equal([null, "rate_limit_exceeded"], await CallAsync(token, 2));
        var answer = await admin.SendAsync("POST", $"/api/tokens/{id}/limits/top-up", new { unit = "requests", amount = 2 });
        Assert.Equal("3 1 2", State(answer.Json));
        await Product.EventuallyAsync(async () => (await CallAsync(token, 1))[0] is null, "the raised limit is met");
        Assert.Equal([null, "rate_limit_exceeded"], await CallAsync(token, 2));
        var entry = (await admin.GetAsync($"/api/audit?object={id}&action=token.top-up"))["events"]![0]!;
        Assert.Equal((1, 3), ((int)entry["before"]!["limits"]![0]!["limit"]!, (int)entry["after"]!["limits"]![0]!["limit"]!));
    }

    [Fact]
    public async Task A_reset_has_all_of_a_limit_be_there_again_and_keeps_the_records()
    {
        using var admin = ControlCalls.AdminOf(product);
        var (id, token) = await MintAsync(admin, new { unit = "requests", limit = 2, window = "month" });
        Assert.Equal([null, null, "rate_limit_exceeded"], await CallAsync(token, 3));
        var answer = await admin.SendAsync("POST", $"/api/tokens/{id}/limits/reset", new { unit = "requests", window = "month" });
        Assert.Equal("2 0 2", State(answer.Json));
        await Product.EventuallyAsync(async () => (await CallAsync(token, 1))[0] is null, "the reset limit is met");
        Assert.Equal([null, "rate_limit_exceeded"], await CallAsync(token, 2));
        Assert.Equal(4, (int)(await admin.GetAsync($"/api/usage?token={id}"))["totals"]!["requests"]!);
        Assert.Equal("2 2 0", State(await admin.GetAsync($"/api/tokens/{id}/limits")));
        var entry = (await admin.GetAsync($"/api/audit?object={id}&action=token.reset"))["events"]![0]!;
        Assert.Equal((2, 0), ((int)entry["before"]!["spent"]!, (int)entry["after"]!["spent"]!));
    }

    [Fact]
    public async Task Limits_are_never_exceeded_while_they_are_reset_under_load()
    {
        using var admin = ControlCalls.AdminOf(product);
        const int Limit = 5;
        var (id, token) = await MintAsync(admin, new { unit = "requests", limit = Limit, window = "day" });
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
            Assert.Equal(HttpStatusCode.OK, (await admin.SendAsync("POST", $"/api/tokens/{id}/limits/reset", new { unit = "requests", window = "day" })).Status);
        }
        await stop.CancelAsync();
        await Task.WhenAll(clients);
        Assert.InRange(passed, Resets, (Resets + 1) * Limit);
        var state = (await admin.GetAsync($"/api/tokens/{id}/limits"))["limits"]![0]!;
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
        using var admin = ControlCalls.AdminOf(product);
        var limits = new object[] { new { unit = "tokens", limit = 10 }, new { unit = "requests", limit = 5, window = "day" }, new { unit = "requests", limit = 5, window = "minute" }, new { unit = "concurrent", limit = 5 } };
        var id = (string)(await admin.CreateAsync("/api/tokens", new { kind = "proxy", limits }))["id"]!;
        var before = await admin.SendAsync("GET", $"/api/tokens/{id}");
        var answer = await admin.SendAsync("POST", $"/api/tokens/{id}/limits/{action}", request);
        Assert.True(answer.Status == HttpStatusCode.BadRequest && answer.Fields.SequenceEqual([field]), answer.Text);
        Assert.Equal((before.Text, before.Tag), (await admin.SendAsync("GET", $"/api/tokens/{id}")) is var after ? (after.Text, after.Tag) : default);
    }

    [Fact]
    public async Task Projects_and_credentials_have_theirs_too()
    {
        using var admin = ControlCalls.AdminOf(product);
        foreach (var (path, request) in new (string, object)[]
        {
            ("/api/projects", new { name = "limited project", limits = new[] { new { unit = "usd", limit = 1.5 } } }),
            ("/api/credentials", new { provider = "gemini", secret = "sk-limited", disabled = true, limits = new[] { new { unit = "usd", limit = 1.5 } } }),
        })
        {
            var id = (string)(await admin.CreateAsync(path, request))["id"]!;
            Assert.Equal("1.5 0 1.5", State((await admin.SendAsync("POST", $"{path}/{id}/limits/reset", new { unit = "usd" })).Json));
            Assert.Equal("1.75 0 1.75", State((await admin.SendAsync("POST", $"{path}/{id}/limits/top-up", new { unit = "usd", amount = 0.25 })).Json));
            Assert.Equal("1.75 0 1.75", State(await admin.GetAsync($"{path}/{id}/limits")));
            Assert.Equal(HttpStatusCode.NotFound, (await admin.SendAsync("POST", $"{path}/none/limits/reset", new { unit = "usd" })).Status);
        }
    }

    private static async Task<(string Id, string Token)> MintAsync(ControlCalls admin, object limit)
    {
        var made = await admin.CreateAsync("/api/tokens", new { kind = "proxy", limits = new[] { limit } });
        return ((string)made["id"]!, (string)made["token"]!);
    }

    private async Task<string?[]> CallAsync(string token, int count)
    {
        var codes = new string?[count];
        for (var i = 0; i < count; i++)
        {
            using var answer = await product.ChatAsync(token);
            codes[i] = answer.Headers.TryGetValues("x-credential-proxy-error", out var code) ? code.Single() : null;
        }
        return codes;
    }

    private static string State(JsonNode answer) => answer["limits"]![0] is { } limit ? $"{limit["limit"]} {limit["spent"]} {limit["remaining"]}" : "";
}
