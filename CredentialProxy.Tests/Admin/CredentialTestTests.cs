using System.Net;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>A credential is tried with its provider: the key goes to that address alone, in its slot, and nothing comes back but what it was worth.</summary>
public sealed class CredentialTestTests
{
    private const string Key = "sk-canary-of-a-tried-key";

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "accepted", 200)]
    [InlineData("HTTP/1.1 401 Unauthorized\r\nContent-Length: 24\r\n\r\nsk-canary-of-a-tried-key", "rejected", 401)]
    [InlineData("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "rejected", 403)]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/steal\r\nContent-Length: 0\r\n\r\n", "unexpected", 302)]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "unexpected", 500)]
    [InlineData("no HTTP\r\n\r\n", "unreachable", null)]
    public async Task What_the_provider_answers_is_told_and_nothing_of_its_answer_shown(string reply, string result, int? status)
    {
        await using var upstream = new SteppedUpstream();
        await using var product = await Product.StartAsync(("Providers:openai:BaseUrl", upstream.Address));
        using var admin = ControlCalls.AdminOf(product);
        var id = (string)(await admin.CreateAsync("/api/credentials", new { provider = "openai", secret = Key, disabled = true }))["id"]!;
        var asking = admin.SendAsync("POST", $"/api/credentials/{id}/test");
        using (var call = await upstream.NextAsync())
        {
            Assert.StartsWith("GET /v1/models HTTP/1.1", call.Received, StringComparison.Ordinal);
            Assert.Contains($"Authorization: Bearer {Key}\r\n", call.Received, StringComparison.Ordinal);
            await call.SendAsync(reply);
        }
        var answer = await asking;
        Assert.Equal((HttpStatusCode.OK, result, status, result == "accepted"), (answer.Status, (string)answer.Json["result"]!, (int?)answer.Json["status"], (bool)answer.Json["ok"]!));
        Assert.DoesNotContain(Key, answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(product.Log, line => line.Contains(Key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Some_are_tried_at_a_time_others_wait_for_their_turn_and_only_so_many()
    {
        await using var upstream = new SteppedUpstream();
        await using var product = await Product.StartAsync(("Providers:openai:BaseUrl", upstream.Address), ("Providers:openai:ApiKey", Key));
        using var admin = ControlCalls.AdminOf(product);
        var asking = Enumerable.Range(0, 21).Select(_ => admin.SendAsync("POST", "/api/credentials/cred_openai_env/test")).ToList();

        // One finds no place, and is told while the others are not.
        var refused = await Task.WhenAny(asking);
        Assert.Equal((HttpStatusCode.TooManyRequests, "too_many_tests"), ((await refused).Status, (string)(await refused).Json["code"]!));
        Assert.Equal(1, asking.Count(call => call.IsCompleted));

        for (var call = 0; call < 20; call++)
        {
            using var turn = await upstream.NextAsync();
            await turn.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
        var answers = await Task.WhenAll(asking.Where(call => call != refused));
        Assert.All(answers, answer => Assert.Equal("accepted", (string)answer.Json["result"]!));
    }

    [Fact]
    public async Task Each_provider_gets_the_key_in_its_own_slot_and_what_can_t_be_tried_is_told()
    {
        await using var upstream = new SteppedUpstream();
        await using var product = await Product.StartAsync(
            ("Providers:anthropic:BaseUrl", upstream.Address), ("Providers:gemini:BaseUrl", upstream.Address), ("Providers:openrouter:BaseUrl", upstream.Address + "/api"),
            ("Providers:anthropic:ApiKey", Key));
        using var admin = ControlCalls.AdminOf(product);
        foreach (var (provider, request, slot) in new[]
        {
            ("anthropic", "GET /v1/models HTTP/1.1", $"x-api-key: {Key}"), ("gemini", "GET /v1beta/models HTTP/1.1", $"x-goog-api-key: {Key}"), ("openrouter", "GET /api/v1/key HTTP/1.1", $"Authorization: Bearer {Key}"),
        })
        {
            var id = provider == "anthropic" ? "cred_anthropic_env" : (string)(await admin.CreateAsync("/api/credentials", new { provider, secret = Key }))["id"]!;
            var asking = admin.SendAsync("POST", $"/api/credentials/{id}/test");
            using (var call = await upstream.NextAsync())
            {
                Assert.StartsWith(request, call.Received, StringComparison.Ordinal);
                Assert.Contains(slot + "\r\n", call.Received, StringComparison.OrdinalIgnoreCase);
                await call.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
            Assert.Equal("accepted", (string)(await asking).Json["result"]!);
        }
        Assert.Equal(HttpStatusCode.NotFound, (await admin.SendAsync("POST", "/api/credentials/none/test")).Status);
    }
}
