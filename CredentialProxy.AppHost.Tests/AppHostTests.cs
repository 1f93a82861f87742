using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialProxy.AppHost.Tests;

/// <summary>The distributed shape as the app host starts it.</summary>
public sealed class AppHostTests(RunningAppHost host) : IClassFixture<RunningAppHost>
{
    [Theory]
    [InlineData("postgres")]
    [InlineData("redis")]
    [InlineData("mock-provider")]
    [InlineData("admin")]
    [InlineData("gateway")]
    public async Task Each_resource_becomes_healthy(string resource)
    {
        using var patience = RunningAppHost.NewPatience();
        await host.Resources.WaitForResourceHealthyAsync(resource, patience.Token);
    }

    [Fact]
    public async Task The_database_is_brought_up_to_date_before_the_control_plane_starts()
    {
        using var patience = RunningAppHost.NewPatience();
        await host.Resources.WaitForResourceHealthyAsync("admin", patience.Token);
        await host.Resources.WaitForResourceAsync("migrations", resource => resource.Snapshot.ExitCode == 0, patience.Token);
    }

    [Fact]
    public async Task A_chat_completion_goes_through_is_metered_and_its_trace_reaches_the_collector()
    {
        using var patience = RunningAppHost.NewPatience();
        var token = await RunAsync("admin", "mint-token", patience.Token);
        using var gateway = host.App.CreateHttpClient("gateway");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/openai/v1/chat/completions")
        {
            Content = JsonContent.Create(new { model = "gpt-4o-mini", messages = new[] { new { role = "user", content = "Hello" } }, max_tokens = 16 }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

        using var answer = await gateway.SendAsync(request, patience.Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var completion = await answer.Content.ReadFromJsonAsync<JsonNode>(patience.Token);
        Assert.NotEmpty((string)completion!["choices"]![0]!["message"]!["content"]!);
        Assert.True((int)completion["usage"]!["completion_tokens"]! > 0);
        await host.Collector.ReceivedAsync(patience.Token, "gateway", "/openai/v1/chat/completions");
        Assert.False(host.Collector.Holds(token));
    }

    [Fact]
    public async Task Demo_traffic_is_answered_by_the_mock_provider()
    {
        using var patience = RunningAppHost.NewPatience();
        await RunAsync("gateway", "demo-traffic", patience.Token);
        using var mock = host.App.CreateHttpClient("mock-provider");
        var captured = await mock.GetFromJsonAsync<JsonArray>("/__captured", patience.Token);
        Assert.Contains(captured!, call => (string)call!["path"]! == "/v1/messages");
    }

    private async Task<string> RunAsync(string resource, string command, CancellationToken cancellationToken)
    {
        await host.Resources.WaitForResourceHealthyAsync("admin", cancellationToken);
        await host.Resources.WaitForResourceHealthyAsync("gateway", cancellationToken);
        // Of the model, and not by its name: each replica has a name of its own.
        var target = host.App.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(one => one.Name == resource);
        var result = await host.App.Services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(target, command, cancellationToken);
        Assert.True(result.Success, result.Message);
        Assert.StartsWith("ptk_", result.Data!.Value, StringComparison.Ordinal);
        return result.Data.Value;
    }
}
