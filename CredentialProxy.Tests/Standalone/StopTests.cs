using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Standalone;

/// <summary>A stop lets running requests end, and waits for nothing else.</summary>
public sealed class StopTests
{
    [Fact]
    public async Task A_stream_that_runs_when_the_process_is_asked_to_stop_ends_whole_and_is_metered()
    {
        await using var product = await Product.StartAsync();
        var token = await product.MintAsync(new { unit = "tokens", limit = 100_000 });
        using var stream = await product.ChatAsync(token, isStream: true, maxTokens: 16, fault: """{"chunkDelayMs":50}""");
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
        var stopping = product.StopAsync();

        var text = await stream.Content.ReadAsStringAsync();

        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        await stopping;
        var written = await new SqliteUsageReader(Path.Combine(product.DataDirectory, "credential-proxy.db"), _ => default).SummarizeAsync(new UsageQuery { Model = "gpt-4o-mini" }, CancellationToken.None);
        Assert.Equal(1, written.Totals.Requests);
        Assert.InRange(written.Totals.Usage.OutputTokens, 1, 16);
    }

    [Fact]
    public async Task A_connection_that_says_nothing_does_not_hold_up_the_stop()
    {
        await using var product = await Product.StartAsync();
        using var silent = new TcpClient();
        await silent.ConnectAsync(IPAddress.Loopback, product.Gateway.Port);
        // Once this is answered, the connection before it has been accepted.
        using (await product.Client.GetAsync(new Uri(product.Gateway, "/health")))
        {
        }
        var start = Stopwatch.GetTimestamp();
        await product.StopAsync();
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 15);
    }
}
