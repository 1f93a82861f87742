using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Tokens;

/// <summary>A revoked token's streams end with it, each with an event that says why, settled at what they had used.</summary>
public sealed class RevocationTests(Product product) : IClassFixture<Product>
{
    private const int Chunks = 12;

    // Nothing in the way from revocation to stream waits for a clock; this is for a busy machine.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    public static MatrixTheoryData<string, string> Ends => new(ProviderCall.Providers, ["revoke", "disable", "delete"]);

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Revocation_cuts_an_open_stream_at_once(string provider, string how)
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        var other = await product.CreateTokenAsync(new { kind = "proxy" });
        var gate = $"{how}-{provider}";
        await product.OpenGateAsync(gate, Chunks - 1);
        using var answer = await product.CallAsync(provider, (string)token["token"]!, "[[tokens:50]]", isStream: true, fault: $$"""{"gate":"{{gate}}"}""");
        using var events = await EventReader.OfAsync(answer);
        for (var i = 0; i < Chunks; i++)
        {
            await events.NextAsync();
        }
        using var bystander = await product.CallAsync(provider, (string)other["token"]!, "[[tokens:6]]", isStream: true, fault: $$"""{"gate":"{{gate}}-other"}""");

        await EndAsync(how, (string)token["id"]!);
        var rest = await events.RestAsync().WaitAsync(Soon);

        Refused.AssertLastEvent(rest, provider, 401, "token_revoked");
        Assert.Single(rest);
        await Product.EventuallyAsync(async () => (await product.CapturedAsync()).Count(seen => (bool)seen!["isAborted"]!) == 1, "the upstream call is cancelled");
        Assert.InRange((await product.UsageAsync($"?token={token["id"]}"))["totals"]!["outputTokens"]!.GetValue<long>(), Chunks - 4, Chunks * 2);
        // Another token's stream goes on.
        await product.OpenGateAsync(gate + "-other", 20);
        using var theirs = await EventReader.OfAsync(bystander);
        Assert.DoesNotContain(await theirs.RestAsync(), e => e.Contains("token_revoked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_client_that_does_not_read_can_t_hold_a_revoked_stream_open()
    {
        await product.ForgetAsync();
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        // Far more than all buffers on the way hold.
        using var answer = await product.ChatAsync((string)token["token"]!, "[[tokens:1]]", isStream: true, fault: """{"hugeBytes":67108864}""");
        await Product.EventuallyAsync(async () => (await product.CapturedAsync()).Count == 1, "the stream has begun");

        await EndAsync("revoke", (string)token["id"]!);

        await product.NothingIsHeldAsync();
        await Product.EventuallyAsync(async () => (bool)Assert.Single(await product.CapturedAsync())!["isAborted"]!, "the upstream call is cancelled");
    }

    private async Task EndAsync(string how, string id)
    {
        using var patch = new StringContent("""{"status":"disabled"}""", System.Text.Encoding.UTF8, "application/json");
        using var answer = how switch
        {
            "revoke" => await product.Admin.PostAsync($"/api/tokens/{id}/revoke", null),
            "disable" => await product.Admin.PatchAsync($"/api/tokens/{id}", patch),
            _ => await product.Admin.DeleteAsync($"/api/tokens/{id}"),
        };
        answer.EnsureSuccessStatusCode();
    }
}
