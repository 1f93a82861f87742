using System.Net;
using System.Net.Sockets;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>More requests and connections at a time than there is room for.</summary>
[Trait("threat", "avail-1")]
public sealed class CrowdAttacks
{
    private const string Silent = """{"hang":true}""";

    [Fact]
    [Trait("threat", "avail-5")]
    public async Task No_token_takes_every_place_and_all_together_take_no_more_than_there_are()
    {
        await using var product = await Product.StartAsync(("Gateway:MaxOpenRequestsPerToken", "2"), ("Gateway:MaxOpenRequests", "3"));
        var (greedy, other) = (await product.MintAsync(), await product.MintAsync());
        using var leave = new CancellationTokenSource();
        var open = new List<Task> { product.ChatAsync(greedy, fault: Silent, cancellationToken: leave.Token), product.ChatAsync(greedy, fault: Silent, cancellationToken: leave.Token) };
        await AreOpenAsync(2);
        await AssertRefusedAsync(greedy, HttpStatusCode.TooManyRequests, "concurrency_limit_exceeded");
        using (var answer = await product.ChatAsync(other))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        // A client has its answer a moment before its place is free.
        await AreOpenAsync(2);
        open.Add(product.ChatAsync(other, fault: Silent, cancellationToken: leave.Token));
        await AreOpenAsync(3);
        await AssertRefusedAsync(other, HttpStatusCode.ServiceUnavailable, "overloaded");

        await leave.CancelAsync();
        foreach (var request in open)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        }
        await product.NothingIsUnderWayAsync();
        using var again = await product.ChatAsync(greedy);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);

        Task AreOpenAsync(int count) => Product.EventuallyAsync(() => Task.FromResult(product.Load.OpenRequests == count), $"{count} requests are open");

        async Task AssertRefusedAsync(string token, HttpStatusCode status, string code)
        {
            using var answer = await product.ChatAsync(token);
            Assert.Equal(status, answer.StatusCode);
            Assert.Equal(code, answer.Headers.GetValues("x-credential-proxy-error").Single());
            Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
        }
    }

    [Fact]
    public async Task A_token_keeps_its_places_when_its_grant_changes()
    {
        await using var product = await Product.StartAsync(("Gateway:MaxOpenRequestsPerToken", "1"));
        var token = await product.CreateTokenAsync(new { kind = "proxy" });
        using var stream = await product.ChatAsync((string)token["token"]!, isStream: true, fault: """{"chunkDelayMs":60000}""");
        using (var change = new StringContent("""{"label":"changed"}""", System.Text.Encoding.UTF8, "application/json"))
        {
            (await product.Admin.PatchAsync($"/api/tokens/{token["id"]}", change)).EnsureSuccessStatusCode();
        }
        using var answer = await product.ChatAsync((string)token["token"]!);
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
    }

    [Fact]
    public async Task One_address_takes_no_more_connections_than_it_may()
    {
        await using var product = await Product.StartAsync(("Connections:MaxConnectionsPerAddress", "20"));
        var clients = new List<WireClient>();
        for (var i = 0; i < 20; i++)
        {
            clients.Add(await WireClient.ConnectAsync(product.Gateway));
        }
        // Which one came last is the gateway's to say, so each is served before the next to come.
        await AreServedAsync();
        Assert.True(await IsClosedAtOnceAsync(product.Gateway));
        await AreServedAsync();
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
        await Product.EventuallyAsync(() => Task.FromResult(product.Part<CredentialProxy.Gateway.Connections.AddressConnections>().Count == 0), "no address is kept");
        using var answer = await product.ChatAsync(await product.MintAsync());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        async Task AreServedAsync()
        {
            foreach (var client in clients)
            {
                await client.SendAsync("GET /health HTTP/1.1\r\nHost: gateway\r\n\r\n");
                Assert.EndsWith("HTTP/1.1 200", await client.ReadToAsync("HTTP/1.1 200"), StringComparison.Ordinal);
            }
        }
    }

    // The end may come before the client has seen that it was connected.
    private static async Task<bool> IsClosedAtOnceAsync(Uri server)
    {
        try
        {
            await using var client = await WireClient.ConnectAsync(server);
            return await client.ReadToEndAsync() == "";
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return true;
        }
    }
}
