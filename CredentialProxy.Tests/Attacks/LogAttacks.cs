using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Text of a client's that would look like a line of the log, or that a terminal would obey.</summary>
[Trait("threat", "avail-9")]
public sealed class LogAttacks(Product product) : IClassFixture<Product>
{
    private const string Forged = "FORGED-LINE";

    private static readonly string[] Injections = ["\r\n" + Forged, "\n" + Forged, "\u001b[31m" + Forged, "\u009b31m" + Forged, "\u2028" + Forged, "\0" + Forged, "%0d%0a" + Forged, "\\n" + Forged];

    [Fact]
    public async Task Nothing_that_a_client_sends_forges_a_line_or_reaches_a_terminal()
    {
        var token = await product.MintAsync(new { unit = "tokens", limit = 1_000_000 });
        foreach (var injection in Injections)
        {
            // As a model, a field that is wrong, a user agent, an origin, a path, a query and a token.
            await SendAsync(token, body: new { model = injection, messages = Array.Empty<object>() });
            await SendAsync(token, body: new { model = "gpt-4o-mini", max_tokens = injection, messages = Array.Empty<object>() });
            await SendAsync(token, body: new { model = "gpt-4o-mini", max_tokens = 1, user = injection, messages = Array.Empty<object>() }, userAgent: "agent " + injection);
            await SendAsync(token, path: "/openai/v1/" + Uri.EscapeDataString(injection));
            await SendAsync(token, path: "/openai/v1/models?x=" + Uri.EscapeDataString(injection));
            await SendAsync("ptk_" + injection);
            await using var client = await WireClient.ConnectAsync(product.Gateway);
            await client.TrySendAsync($"GET /openai/v1/models HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {token}\r\nUser-Agent: x{injection.TrimStart('\r', '\n')}\r\nConnection: close\r\n\r\n");
            await client.ReadToEndAsync();
        }
        await product.NothingIsUnderWayAsync();
        // Of the frameworks only warnings are logged where it runs.
        var lines = product.Log.Where(line => line.Contains(" CredentialProxy.", StringComparison.Ordinal) || line.StartsWith("Warning", StringComparison.Ordinal) || line.StartsWith("Error", StringComparison.Ordinal));
        Assert.All(lines, line => Assert.DoesNotContain(Forged, line, StringComparison.Ordinal));
        Assert.Contains(product.Log, line => line.Contains("refused", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_label_that_would_break_a_line_is_not_taken()
    {
        foreach (var injection in Injections.Where(text => text.Any(char.IsControl)))
        {
            using var made = await product.Admin.PostAsync("/api/tokens", new StringContent(JsonSerializer.Serialize(new { kind = "proxy", label = "x" + injection }), Encoding.UTF8, "application/json"));
            Assert.Equal(HttpStatusCode.BadRequest, made.StatusCode);
        }
    }

    private async Task SendAsync(string token, string path = "/openai/v1/chat/completions", object? body = null, string? userAgent = null)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, new Uri(product.Gateway, path));
        if (body is not null)
        {
            request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json"));
        }
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        request.Headers.TryAddWithoutValidation("User-Agent", userAgent ?? "agent");
        request.Headers.TryAddWithoutValidation("Origin", userAgent ?? "https://app.example");
        try
        {
            using var answer = await product.Client.SendAsync(request);
        }
        catch (HttpRequestException)
        {
            // The client itself does not send such a header.
        }
    }
}
