using System.Net;
using CredentialProxy.Tests.Running;
using Microsoft.Data.Sqlite;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Accounts that can't be written: what can't be charged must not be spent.</summary>
[Trait("threat", "spend-22")]
public sealed class UnwritableAccountsAttacks
{
    [Fact]
    public async Task While_the_accounts_can_not_be_written_requests_are_refused_and_nothing_is_lost()
    {
        await using var product = await Product.StartAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 1_000_000 } } });
        using (var before = await product.ChatAsync((string)token["token"]!))
        {
            Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        }
        var served = 1;
        var database = Directory.GetFiles(product.DataDirectory, "*.db").Single();
        await using (var connection = new SqliteConnection($"Data Source={database};Pooling=False"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            // Holds the one lock that every writer needs, as a full disk or a hung one would.
            await using var transaction = connection.BeginTransaction(deferred: false);
            await Product.EventuallyAsync(
                async () =>
                {
                    // What fits into leases already held passes until the first settlement has waited too long.
                    using var answer = await product.ChatAsync((string)token["token"]!);
                    served += answer.StatusCode == HttpStatusCode.OK ? 1 : 0;
                    return answer.StatusCode == HttpStatusCode.ServiceUnavailable;
                },
                "requests are refused");
            await product.ForgetAsync();
            for (var i = 0; i < 5; i++)
            {
                using var answer = await product.ChatAsync((string)token["token"]!);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
                Assert.Equal("accounts_unavailable", answer.Headers.GetValues("x-credential-proxy-error").Single());
                Assert.NotNull(answer.Headers.RetryAfter);
            }
            Assert.Empty(await product.CapturedAsync());
        }
        await Product.EventuallyAsync(
            async () =>
            {
                using var answer = await product.ChatAsync((string)token["token"]!);
                served += answer.StatusCode == HttpStatusCode.OK ? 1 : 0;
                return answer.StatusCode == HttpStatusCode.OK;
            },
            "requests are served again");
        await product.NothingIsUnderWayAsync();
        Assert.Equal(served, (long)(await product.UsageAsync($"?token={token["id"]}"))["totals"]!["requests"]!);
    }
}
