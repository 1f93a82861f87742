using System.Collections.Concurrent;
using CredentialProxy.Tests.Redacting;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>What leaves for a collector, and what is logged at the finest level, holds neither the key nor the token: not even those that stand in an address.</summary>
[Trait("threat", "key-5")]
[Trait("threat", "key-9")]
public sealed class TelemetryAttacks
{
    private const string Key = AttackedProduct.Key;

    [Fact]
    public async Task No_trace_metric_or_log_line_holds_the_key_or_the_token()
    {
        await using var collector = new ScriptedUpstream { Answer = _ => [ScriptedUpstream.Json("{}")] };
        await using var upstream = new ScriptedUpstream();
        var gone = upstream.Address.Replace(upstream.Host.Split(':')[1], "1", StringComparison.Ordinal);
        string token;
        ConcurrentQueue<string> log;
        await using (var product = await StartAsync(collector, upstream, gone))
        {
            token = await product.MintAsync();
            log = product.Log;
            upstream.Answer = request => request.Contains("?fail", StringComparison.Ordinal) ? [ScriptedUpstream.Json($"{{\"error\":{{\"message\":\"bad {Key}\"}}}}", 401, $"X-Request-Id: {Key}\r\n")]
                : request.Contains("?break", StringComparison.Ordinal) ? [ScriptedUpstream.Bytes("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + Key)] : [ScriptedUpstream.Json("{}")];
            upstream.ClosesAfter = request => request.Contains("?break", StringComparison.Ordinal);
            foreach (var target in new[] { "/query/things?key={token}", "/query/things?fail&key={token}", "/query/things?break&key={token}", "/gone/things?key={token}", "/query/nothing?key={token}", "/openai//x?key={token}", "/openai/v1/models?key={token}\t" })
            {
                using var connection = await RawConnection.OpenAsync(product.Gateway);
                await connection.SendAsync($"GET {target.Replace("{token}", token, StringComparison.Ordinal)} HTTP/1.1\r\nHost: x\r\n\r\n");
                await AnswerAsync(connection);
            }
            using var bad = await RawConnection.OpenAsync(product.Gateway);
            await bad.SendAsync($"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\u0001\r\n\r\n");
            await AnswerAsync(bad);
            Assert.Contains(upstream.Requests, seen => seen.Contains("access=" + Key, StringComparison.Ordinal));
            await product.StopAsync();
        }
        var sent = collector.Requests;
        Assert.Contains(sent, request => request.StartsWith("POST /v1/traces", StringComparison.Ordinal) && request.Contains("url.path", StringComparison.Ordinal) && request.Contains("/query/things", StringComparison.Ordinal));
        Assert.Contains(sent, request => request.StartsWith("POST /v1/metrics", StringComparison.Ordinal) && request.Contains("http.server.request.duration", StringComparison.Ordinal));
        Assert.Contains(sent, request => request.StartsWith("POST /v1/logs", StringComparison.Ordinal) && request.Contains("refused", StringComparison.Ordinal));
        foreach (var text in sent.Concat(log))
        {
            Assert.DoesNotContain(token, text, StringComparison.Ordinal);
            Assert.False(KeyWriting.CanBeReadOutOf(text, Key), text);
        }
    }

    private static Task<Product> StartAsync(ScriptedUpstream collector, ScriptedUpstream upstream, string gone) => Product.StartAsync(
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_BSP_SCHEDULE_DELAY", "200"),
        // What an operator may set to see more.
        ("OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION", "true"), ("OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION", "true"),
        ("Providers:query:BaseUrl", upstream.Address), ("Providers:query:ApiKey", Key), ("Providers:query:Slot", "query:access"), ("Providers:query:Endpoints:0", "GET /things"),
        ("Providers:gone:BaseUrl", gone), ("Providers:gone:ApiKey", Key), ("Providers:gone:Slot", "query:access"), ("Providers:gone:Endpoints:0", "GET /things"));

    private static async Task AnswerAsync(RawConnection connection)
    {
        try
        {
            await connection.AnswerAsync();
        }
        catch (FormatException)
        {
            // Broken off, as the upstream broke off.
        }
    }
}
