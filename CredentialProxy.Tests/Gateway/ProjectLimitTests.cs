using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway;

/// <summary>Budgets of a project: they hold over all its tokens of either kind, in every unit and window.</summary>
public sealed class ProjectLimitTests(Product product) : IClassFixture<Product>
{
    public static MatrixTheoryData<string, string> Limits => new(["tokens", "usd"], ["lifetime", "month", "day", "hour"]);

    [Theory]
    [MemberData(nameof(Limits))]
    [Trait("threat", "fault-8")]
    public async Task A_project_s_budget_holds_over_all_its_tokens(string unit, string window)
    {
        await product.ForgetAsync();
        // Of gpt-4o-mini 200 tokens of output cost 120 micro-dollars.
        var limit = unit == "tokens" ? 900m : 0.0005m;
        using var made = await product.Admin.PostAsJsonAsync("/api/projects", new { name = $"{unit} in a {window}", limits = new[] { new { unit, limit, window } } });
        var project = (string)(await made.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
        var tokens = new List<JsonNode>();
        foreach (var kind in new[] { "proxy", "session", "proxy" })
        {
            tokens.Add(await product.CreateTokenAsync(new { kind, project }));
        }

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => product.ChatAsync((string)tokens[i % 3]["token"]!, "[[tokens:200]]", maxTokens: 200)));

        Assert.All(answers, answer => Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.OK, HttpStatusCode.TooManyRequests }));
        var (_, input, output) = await product.ProducedAsync();
        await product.NothingIsHeldAsync();
        var usage = (await product.UsageAsync($"?project={project}&groupBy=token"))!;
        Assert.Equal((input, output), ((long)usage["totals"]!["inputTokens"]!, (long)usage["totals"]!["outputTokens"]!));
        var spent = unit == "tokens" ? input + output : (decimal)usage["totals"]!["usd"]!;
        Assert.InRange(spent, limit / 5, limit);
        var state = (await product.Admin.GetFromJsonAsync<JsonNode>($"/api/projects/{project}"))!["limits"]![0]!;
        Assert.Equal((spent, limit - spent), ((decimal)state["spent"]!, (decimal)state["remaining"]!));

        await AssertIsRefusedAsync(tokens[1], window);
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    private async Task AssertIsRefusedAsync(JsonNode token, string window)
    {
        using var refused = await product.ChatAsync((string)token["token"]!, maxTokens: 2000);
        await Refused.AssertAsync(refused, "openai", HttpStatusCode.TooManyRequests, "budget_exceeded");
        Assert.StartsWith("The project's limit", (string)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!["message"]!, StringComparison.Ordinal);
        Assert.Contains($"per {window}", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
