using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Standalone;

/// <summary>The process with an operator's own keys, as it runs every day: from the environment, and added while it runs.</summary>
public sealed class KeysTests(RealRun run) : IClassFixture<RealRun>
{
    [Fact]
    public async Task A_key_from_the_environment_reaches_its_provider_and_no_other()
    {
        var seen = await run.CallAsync("openai", await run.MintAsync());
        Assert.Equal("Bearer sk-of-the-environment", seen);
        // By the second of its names, and with no blank around it.
        Assert.Equal("sk-of-google", await run.CallAsync("gemini", await run.MintAsync()));
    }

    [Fact]
    public async Task A_provider_without_a_key_says_so_in_its_own_shape_while_the_others_work()
    {
        var token = await run.MintAsync();
        foreach (var isStream in new[] { false, true })
        {
            using var answer = await run.SendAsync("anthropic", token, isStream);
            await Refused.AssertAsync(answer, "anthropic", HttpStatusCode.BadGateway, "credential_unavailable");
            Assert.Equal("false", answer.Headers.GetValues("x-should-retry").Single());
            Assert.StartsWith("No credential for provider 'anthropic'", (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!["message"]!, StringComparison.Ordinal);
        }
        Assert.Equal("Bearer sk-of-the-environment", await run.CallAsync("openai", token));
    }

    [Fact]
    public async Task A_key_that_is_added_is_used_from_the_next_request_on_and_one_that_is_removed_no_more()
    {
        var token = await run.MintAsync();
        using (var before = await run.SendAsync("openrouter", token))
        {
            await Refused.AssertAsync(before, "openrouter", HttpStatusCode.BadGateway, "credential_unavailable");
        }
        var added = await run.PostAsync("/api/credentials", new { provider = "openrouter", secret = "sk-added" });
        Assert.Equal("Bearer sk-added", await run.CallAsync("openrouter", token));

        using (var replaced = await run.Admin.PatchAsync($"/api/credentials/{added["id"]}", JsonContent.Create(new { secret = "sk-replaced" })))
        {
            replaced.EnsureSuccessStatusCode();
        }
        Assert.Equal("Bearer sk-replaced", await run.CallAsync("openrouter", token));

        using (var removed = await run.Admin.DeleteAsync($"/api/credentials/{added["id"]}"))
        {
            Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        }
        using var after = await run.SendAsync("openrouter", token);
        await Refused.AssertAsync(after, "openrouter", HttpStatusCode.BadGateway, "credential_unavailable");
    }

    [Fact]
    public async Task A_token_that_names_a_key_which_is_not_there_is_refused_whatever_others_there_are()
    {
        var made = await run.PostAsync("/api/tokens", new { kind = "proxy", credential = "cred_of_nobody" });
        using var answer = await run.SendAsync("openai", (string)made["token"]!);
        await Refused.AssertAsync(answer, "openai", HttpStatusCode.BadGateway, "credential_unavailable");
    }

    [Fact]
    public async Task What_it_was_given_and_what_it_made_is_valid_after_a_restart_and_the_admin_key_is_told_once()
    {
        await run.PostAsync("/api/credentials", new { provider = "anthropic", label = "kept", secret = "sk-kept" });
        var tokens = new List<string> { await run.MintAsync(), (string)(await run.PostAsync("/api/tokens", new { kind = "session" }))["token"]!, await run.MintForAsync("anthropic") };
        var adminKey = run.AdminKey;
        Assert.Contains(adminKey, run.Printed, StringComparison.Ordinal);

        await run.RestartAsync();

        // The same admin key still opens the control plane, which has not told it again.
        Assert.DoesNotContain("admin key", run.Printed, StringComparison.Ordinal);
        Assert.DoesNotContain(adminKey, run.Printed, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await run.Admin.GetAsync("/api/tokens")).StatusCode);
        foreach (var token in tokens)
        {
            Assert.Equal("sk-kept", await run.CallAsync("anthropic", token));
        }
        // For the tests that come after, it has no key again.
        foreach (var credential in (await run.Admin.GetFromJsonAsync<JsonNode>("/api/credentials"))!["credentials"]!.AsArray().Where(credential => (string)credential!["label"]! == "kept"))
        {
            using var removed = await run.Admin.DeleteAsync($"/api/credentials/{credential!["id"]}");
        }
    }
}
