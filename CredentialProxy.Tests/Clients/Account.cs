using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Clients;

/// <summary>What one client did, as the provider saw it and as it was charged: the key in its slot, the token nowhere, every token metered.</summary>
internal sealed class Account(Product product, JsonNode token)
{
    public string Token => (string)token["token"]!;

    /// <summary>A fresh token with a budget, and any further limits, and a mock that has seen nothing yet.</summary>
    public static async Task<Account> OpenAsync(Product product, params object[] limits)
    {
        await product.ForgetAsync();
        return new Account(product, await product.CreateTokenAsync(new { kind = "proxy", limits = limits.Prepend(new { unit = "tokens", limit = 10_000_000 }) }));
    }

    public Task<(long Requests, long Input, long Output)> SettledAsync() => product.SettledAsync(token);

    /// <summary>Asserts that all that was produced was charged, and that every request upstream showed the key in its slot alone.</summary>
    public async Task AssertIsExactAsync(string slot, string key)
    {
        var (_, input, output) = await product.ProducedAsync();
        var charged = await SettledAsync();
        Assert.True(output > 0);
        Assert.Equal((input, output), (charged.Input, charged.Output));
        await AssertIsSwappedAsync(slot, key);
    }

    /// <summary>
    /// Asserts what a stream is charged that its client left after so many pieces of text, which was all that its gate had let pass. Of models whose tokenizer isn't known a fifth is added.
    /// </summary>
    public async Task AssertIsChargedForWhatWasProducedAsync(string slot, string key, int pieces)
    {
        await Product.EventuallyAsync(async () => (bool)Assert.Single(await product.CapturedAsync())!["isAborted"]!, "the upstream call is cancelled");
        Assert.Equal(pieces, (await product.ProducedAsync()).Output);
        Assert.InRange((await SettledAsync()).Output, pieces, (pieces * 12 / 10) + 1);
        await AssertIsSwappedAsync(slot, key);
    }

    private async Task AssertIsSwappedAsync(string slot, string key)
    {
        foreach (var seen in await product.CapturedAsync())
        {
            Assert.Equal(key, (string?)seen!["headers"]![slot]);
            Assert.Single(seen["headers"]!.AsObject(), header => header.Value!.ToString().Contains("sk-demo", StringComparison.Ordinal));
            Assert.DoesNotContain(Token, seen.ToJsonString(), StringComparison.Ordinal);
        }
    }
}
