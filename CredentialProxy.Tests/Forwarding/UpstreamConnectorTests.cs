using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using CredentialProxy.Core.Providers;
using CredentialProxy.Gateway.Forwarding;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Tests.Forwarding;

/// <summary>Where connections go is decided by the addresses that a name leads to in that very moment.</summary>
public sealed class UpstreamConnectorTests : IAsyncDisposable
{
    private readonly ScriptedUpstream _upstream = new();
    private readonly ConcurrentQueue<string> _log = new();

    public ValueTask DisposeAsync() => _upstream.DisposeAsync();

    [Theory]
    [Trait("threat", "reach-8")]
    [InlineData("http://api.provider.example:{port}", false, "127.0.0.1")]
    [InlineData("http://api.provider.example:{port}", false, "::ffff:127.0.0.1")]
    [InlineData("http://api.provider.example:{port}", false, "10.0.0.1 192.168.0.1 ::1")]
    [InlineData("http://api.provider.example:{port}", false, "169.254.169.254")]
    [InlineData("http://api.provider.example:{port}", true, "169.254.169.254 fe80::1 fd00:ec2::254")]
    [InlineData("http://metadata.internal:{port}", true, "169.254.169.254")]
    [InlineData("http://metadata:{port}", false, "fd00:ec2::254")]
    public async Task A_name_that_leads_to_a_forbidden_address_is_not_connected_to(string baseUrl, bool allowsPrivate, string addresses)
    {
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(baseUrl, allowsPrivate, addresses));
        Assert.True(UpstreamFailure.IsBeforeSending(error));
        Assert.Equal(0, _upstream.Connections);
        Assert.Contains("AllowPrivateAddresses", Assert.Single(_log, line => line.StartsWith("Warning", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://api.provider.example:{port}", true, "127.0.0.1")]
    [InlineData("http://api.provider.example:{port}", true, "169.254.169.254 127.0.0.1")]
    [InlineData("http://vllm:{port}", false, "127.0.0.1")]
    [InlineData("http://localhost:{port}", false, "127.0.0.1")]
    [InlineData("http://127.0.0.1:{port}", false, "")]
    public async Task A_provider_that_is_meant_to_be_within_is_connected_to(string baseUrl, bool allowsPrivate, string addresses)
    {
        using var answer = await AskAsync(baseUrl, allowsPrivate, addresses);
        Assert.Equal((HttpStatusCode.OK, 1), (answer.StatusCode, _upstream.Connections));
    }

    [Fact]
    [Trait("threat", "avail-1")]
    public async Task What_the_system_takes_in_of_an_answer_that_is_not_read_on_is_bounded()
    {
        // The more has been read, the more the system would take in by itself.
        const int Read = 64 * 1024 * 1024;
        var writing = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TcpServer(async (client, stop) =>
        {
            client.SendBufferSize = 64 * 1024;
            using var call = (await SteppedCall.ReadAsync(client, stop))!;
            await call.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
            var written = 0L;
            var block = new byte[64 * 1024];
            Task write;
            while (await Task.WhenAny(write = call.SendAsync(block), Task.Delay(TimeSpan.FromSeconds(2), stop)) == write)
            {
                written += block.Length;
            }
            writing.SetResult(written);
        });
        var provider = Provider($"http://{server.Authority}", allowsPrivate: false);
        using var client = Client(new UpstreamConnector(provider, (_, _) => Task.FromResult(Array.Empty<IPAddress>()), Logger()));
        using var answer = await SendAsync(client, provider);
        await (await answer.Content.ReadAsStreamAsync()).ReadExactlyAsync(new byte[Read]);
        Assert.InRange(await writing.Task.WaitAsync(TimeSpan.FromSeconds(60)) - Read, 1, 4L * UpstreamConnector.MaxUnreadBytes);
    }

    [Fact]
    [Trait("threat", "reach-9")]
    public async Task A_name_that_changes_its_address_is_judged_anew_at_every_connection_and_resolved_once()
    {
        var resolved = 0;
        var provider = Provider("http://api.provider.example:{port}", allowsPrivate: true);
        // First an address that may be had, and from then on, with the same name, one that may not.
        var connector = new UpstreamConnector(provider, (_, _) => Task.FromResult(new[] { IPAddress.Parse(resolved++ == 0 ? "127.0.0.1" : "169.254.169.254") }), Logger());
        using var client = Client(connector);
        using (var first = await SendAsync(client, provider))
        {
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        }
        Assert.Equal(1, resolved);
        using var again = Client(connector);
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(again, provider));
        Assert.Equal((2, 1), (resolved, _upstream.Connections));
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_told_as_such()
    {
        var provider = Provider("http://api.provider.example:{port}", allowsPrivate: false);
        using var client = Client(new UpstreamConnector(provider, (_, _) => throw new SocketException((int)SocketError.HostNotFound), Logger()));
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(client, provider));
        Assert.True(UpstreamFailure.IsBeforeSending(error));
        Assert.DoesNotContain(_log, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    private async Task<HttpResponseMessage> AskAsync(string baseUrl, bool allowsPrivate, string addresses)
    {
        var provider = Provider(baseUrl, allowsPrivate);
        using var client = Client(new UpstreamConnector(provider, (_, _) => Task.FromResult(addresses.Split(' ').Select(IPAddress.Parse).ToArray()), Logger()));
        return await SendAsync(client, provider);
    }

    private Provider Provider(string baseUrl, bool allowsPrivate)
    {
        var options = new ProviderOptions { BaseUrl = baseUrl.Replace("{port}", _upstream.Host.Split(':')[1], StringComparison.Ordinal), AllowPrivateAddresses = allowsPrivate, Endpoints = ["GET /things"] };
        return ProviderCatalogBuilder.Build(new Dictionary<string, ProviderOptions> { ["acme"] = options }).Find("acme")!;
    }

    private ILogger<UpstreamConnector> Logger() => new LoggerFactory([new QueueLoggerProvider(_log)]).CreateLogger<UpstreamConnector>();

    private static HttpMessageInvoker Client(UpstreamConnector connector) => new(new SocketsHttpHandler { UseProxy = false, ConnectCallback = connector.ConnectAsync });

    private static async Task<HttpResponseMessage> SendAsync(HttpMessageInvoker client, Provider provider)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(provider.BaseUrl, "/things"));
        return await client.SendAsync(request, CancellationToken.None);
    }
}
