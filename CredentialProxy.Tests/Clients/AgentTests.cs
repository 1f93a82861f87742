using System.Text.RegularExpressions;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Clients;

/// <summary>Coding agents, unmodified and set up as the README says, each with nothing but a token that has a budget.</summary>
public sealed class AgentTests(Product product) : IClassFixture<Product>
{
    [Theory]
    [InlineData("claude")]
    [InlineData("codex")]
    [InlineData("codex-provider")]
    [InlineData("gemini")]
    public async Task An_agent_does_its_task_and_never_holds_the_key(string name)
    {
        var account = await Account.OpenAsync(product, new { unit = "usd", limit = 100 });
        await using var relay = new RecordingRelay(product.Gateway);
        var agent = Agent.Of(name, relay.Address, account.Token);
        using var run = await AgentRun.StartAsync(agent);

        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
        Assert.Contains(Agent.Answer, run.Output, StringComparison.Ordinal);
        var environment = await File.ReadAllTextAsync(Path.Combine(run.WorkingDirectory, "environment.txt"));
        Assert.Contains($"HOME={run.Home}\n", environment, StringComparison.Ordinal);

        await account.AssertIsExactAsync(agent.Slot, agent.Key);
        Assert.Equal((await product.ProducedAsync()).Requests, (await account.SettledAsync()).Requests);
        Assert.DoesNotContain(account.Token, (await product.CapturedAsync(withBodies: true)).ToJsonString(), StringComparison.Ordinal);

        Assert.NotEmpty(relay.Sent);
        Assert.DoesNotContain("sk-demo", relay.Sent, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-demo", run.Output + run.Errors, StringComparison.Ordinal);
        Assert.NotEmpty(run.FilesWith("HOME="));
        Assert.Empty(run.FilesWith("sk-demo"));
    }

    [Theory]
    [InlineData("claude", "The token's limit of 0 tokens")]
    [InlineData("codex", "Quota exceeded")]
    [InlineData("gemini", "The token's limit of 0 tokens")]
    public async Task A_spent_token_ends_an_agent_without_further_tries(string name, string told)
    {
        await product.ForgetAsync();
        await using var relay = new RecordingRelay(product.Gateway);
        using var run = await AgentRun.StartAsync(Agent.Of(name, relay.Address, await product.MintAsync(new { unit = "tokens", limit = 0 })));

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(told, run.Output + run.Errors, StringComparison.Ordinal);
        // Gemini CLI asks which model to take, and then that one.
        Assert.InRange(Regex.Count(relay.Sent, "x-credential-proxy-error: budget_exceeded"), 1, 2);
        Assert.Empty(await product.CapturedAsync());
    }
}
