using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Exhausting;

/// <summary>A stream whose money is gone ends with an event that says so, settled at what it had used; those of others go on.</summary>
public sealed class ExhaustedAccountsTests(Product product) : IClassFixture<Product>
{
    private const int Chunks = 12;

    // Nothing in the way from the change to the stream waits for a clock; this is for a busy machine.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    public static MatrixTheoryData<string, string> Ends => new(ProviderCall.Providers, ["tokens", "projects"]);

    [Theory]
    [MemberData(nameof(Ends))]
    [Trait("threat", "fault-16")]
    public async Task A_limit_that_is_lowered_to_what_is_spent_ends_the_streams_that_it_pays_for(string provider, string whose)
    {
        await product.ForgetAsync();
        using var made = await product.Admin.PostAsJsonAsync("/api/projects", new { name = $"{provider} of {whose}", limits = Limits(1_000_000) });
        var project = (string)(await made.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
        var token = await product.CreateTokenAsync(new { kind = "session", project, limits = Limits(1_000_000) });
        var other = await product.CreateTokenAsync(new { kind = "proxy", limits = Limits(1_000_000) });
        using (var first = await product.CallAsync(provider, (string)token["token"]!, "[[tokens:30]]"))
        {
            Assert.True(first.IsSuccessStatusCode);
        }
        var spent = (await product.SettledAsync(token)).Output;
        var gate = $"{whose}-{provider}";
        await product.OpenGateAsync(gate, Chunks - 1);
        using var answer = await product.CallAsync(provider, (string)token["token"]!, "[[tokens:50]]", isStream: true, fault: $$"""{"gate":"{{gate}}"}""");
        using var events = await EventReader.OfAsync(answer);
        for (var i = 0; i < Chunks; i++)
        {
            await events.NextAsync();
        }
        using var bystander = await product.CallAsync(provider, (string)other["token"]!, "[[tokens:6]]", isStream: true, fault: $$"""{"gate":"{{gate}}-other"}""");
        var id = whose == "tokens" ? (string)token["id"]! : project;
        // Still more than is spent: a lower limit alone ends nothing.
        await LowerAsync(whose, id, 100_000);

        await LowerAsync(whose, id, 20);
        var rest = await events.RestAsync().WaitAsync(Soon);

        Refused.AssertLastEvent(rest, provider, 429, "budget_exceeded");
        Assert.Single(rest);
        await Product.EventuallyAsync(async () => (await product.CapturedAsync()).Count(seen => (bool)seen!["isAborted"]!) == 1, "the upstream call is cancelled");
        var settled = (await product.UsageAsync($"?token={token["id"]}"))["totals"]!;
        Assert.Equal(2, (int)settled["requests"]!);
        Assert.InRange((long)settled["outputTokens"]! - spent, Chunks - 4, Chunks * 2);
        // The stream of another account goes on.
        await product.OpenGateAsync(gate + "-other", 20);
        using var theirs = await EventReader.OfAsync(bystander);
        Assert.DoesNotContain(await theirs.RestAsync(), e => e.Contains("budget_exceeded", StringComparison.Ordinal));
    }

    private static object[] Limits(long limit) => [new { unit = "tokens", limit, window = "lifetime" }];

    private async Task LowerAsync(string whose, string id, long limit)
    {
        using var changed = await product.Admin.PatchAsync($"/api/{whose}/{id}", JsonContent.Create(new { limits = Limits(limit) }));
        Assert.True(changed.IsSuccessStatusCode, await changed.Content.ReadAsStringAsync());
    }
}
