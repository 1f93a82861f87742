using System.Text;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>An upstream whose answer could be read in two ways, or says what only the gateway may say.</summary>
[Trait("threat", "avail-7")]
[Trait("threat", "key-2")]
public sealed class HostileUpstreamAttacks(AttackedProduct attacked) : IClassFixture<AttackedProduct>
{
    private const string Stolen = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: stolen=1\r\nContent-Length: 10\r\n\r\n{\"s\":true}";

    public static TheoryData<string> Answers =>
    [
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 300\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + Stolen,
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" + Stolen,
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 200\r\n\r\n{}" + Stolen,
        "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\n{}" + Stolen,
        "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}" + Stolen,
        "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}" + Stolen,
        "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\n{}" + Stolen,
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=\n{}\r\n0\r\n\r\n" + Stolen,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n" + Stolen,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n" + Stolen,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nSet-Cookie: stolen=1\r\nContent-Length: 5\r\nAuthorization: x\r\n\r\n" + Stolen,
        "HTTP/1.1 200 OK\r\nX-Request-Id: a\rSet-Cookie: stolen=1\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nX-Request-Id: a\nSet-Cookie: stolen=1\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nX-Request-Id: a\r\n Set-Cookie: stolen=1\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nX-Request-Id: a\0Set-Cookie: stolen=1\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nX-Request-Id: \u001b[2J\u00e4\u0001\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nX-Credential-Proxy-Error: token_revoked\r\nX-Credential-Proxy-Request-Id: req_theirs\r\nX-Credential-Proxy-Remaining-Usd: 1\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nAuthorization: Bearer x\r\nX-Api-Key: x\r\nOpenAI-Organization: org\r\nSet-Cookie: stolen=1\r\nAlt-Svc: h3=\":443\"\r\nConnection: close\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 Set-Cookie: stolen=1\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" + Stolen,
        "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\nSet-Cookie: stolen=1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 204 No Content\r\nContent-Length: 10\r\n\r\n{\"s\":true}",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n{\"s\":true}",
        "HTTP/1.1 999 Beyond\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 099 Below\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}",
        "garbage\r\n\r\n",
        "\0\0\0",
        "HTTP/1.1 200 OK\r\nX-Request-Id: " + new string('a', 200_000) + "\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $"X-Ratelimit-{i}: 1\r\n")) + "Content-Length: 2\r\n\r\n{}",
    ];

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_hostile_answer_stays_with_the_request_that_got_it(string hostile)
    {
        attacked.Upstream.Answer = request => request.Contains("?first", StringComparison.Ordinal)
            ? [Encoding.Latin1.GetBytes(hostile)]
            : [ScriptedUpstream.Json("""{"own":true}""")];
        // With a second answer behind the first, the connection stays open for somebody to mistake the one for the other.
        attacked.Upstream.ClosesAfter = request => request.Contains("?first", StringComparison.Ordinal) && !hostile.EndsWith(Stolen, StringComparison.Ordinal);
        using var connection = await RawConnection.OpenAsync(attacked.Gateway);
        await connection.SendAsync(attacked.Get("/openai/v1/models?first"));
        var first = await FirstAsync(connection);

        Assert.DoesNotContain("\nset-cookie", first, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("{\"s\":true}", first, StringComparison.Ordinal);
        Assert.DoesNotContain("req_theirs", first, StringComparison.Ordinal);
        Assert.DoesNotContain("token_revoked", first, StringComparison.Ordinal);
        Assert.DoesNotContain("access-control-allow", first, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("HTTP/1.1 101", first, StringComparison.Ordinal);
        Assert.All(first, character => Assert.True(character is '\r' or '\n' or (>= ' ' and <= '~')));

        // Both on the client's connection, where it is still open, and on another, which may use the upstream's.
        var second = await RawConnection.AskAsync(attacked.Gateway, attacked.Get("/openai/v1/models?second"));
        Assert.EndsWith("\r\n\r\n{\"own\":true}", second, StringComparison.Ordinal);
        if (first.Length > 0)
        {
            await connection.SendAsync(attacked.Get("/openai/v1/models?third"));
            var third = await connection.AnswerAsync();
            Assert.True(third is null || third.EndsWith("\r\n\r\n{\"own\":true}", StringComparison.Ordinal), third);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("Connection: Upgrade\r\n")]
    [InlineData("Connection: Upgrade\r\nUpgrade: h2c\r\n")]
    public async Task A_switch_of_protocols_that_nobody_asked_for_is_a_bad_gateway(string headers)
    {
        attacked.Upstream.Answer = _ => [ScriptedUpstream.Bytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" + AttackedProduct.Key)];
        var answer = await RawConnection.AskAsync(attacked.Gateway, attacked.Get("/openai/v1/models", headers));
        Assert.StartsWith("HTTP/1.1 502 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"upstream_unavailable\"", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 3\r\nTransfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 300")]
    public async Task A_length_beside_chunks_is_neither_believed_nor_passed_on(string headers)
    {
        attacked.Upstream.Answer = _ => [ScriptedUpstream.Bytes($"HTTP/1.1 200 OK\r\n{headers}\r\n\r\n"), ScriptedUpstream.Chunk("{}"), ScriptedUpstream.Chunk("")];
        var answer = await RawConnection.AskAsync(attacked.Gateway, attacked.Get("/openai/v1/models"));
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n{}", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("content-length", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_header_with_characters_that_can_not_be_written_costs_neither_the_answer_nor_the_other_headers()
    {
        attacked.Upstream.Answer = _ => [Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\nX-Request-Id: \u001b[2Jf\u00fcr\tdich\r\nCF-Ray: ray\r\nContent-Length: 2\r\n\r\n{}")];
        var lines = (await RawConnection.AskAsync(attacked.Gateway, attacked.Get("/openai/v1/models"))).Split("\r\n");
        Assert.Equal(("HTTP/1.1 200 OK", "?[2Jf?r dich", "ray"), (lines[0], WireReader.ValueOf(lines, "x-request-id"), WireReader.ValueOf(lines, "cf-ray")));
    }

    private static async Task<string> FirstAsync(RawConnection connection)
    {
        try
        {
            return await connection.AnswerAsync() ?? "";
        }
        catch (FormatException)
        {
            // Broken off, so that the client sees that it is not whole.
            return "";
        }
    }
}
