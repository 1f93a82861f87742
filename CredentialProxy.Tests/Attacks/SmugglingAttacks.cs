using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>
/// Requests whose end two readers could see in two places (RFC 9112 §6.3, §11.2). What stands behind the end that one of them sees is a whole request without a token; it must never arrive.
/// </summary>
[Trait("threat", "avail-7")]
public sealed class SmugglingAttacks(AttackedProduct attacked) : IClassFixture<AttackedProduct>
{
    private const string Smuggled = "GET /openai/v1/models?smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

    // Header lines that frame the body, and the body.
    public static TheoryData<string, string> Ambiguous => new()
    {
        { "Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n" + Smuggled },
        { "Content-Length: 61\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked, identity", "0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: xchunked\r\nContent-Length: 5", "0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding : chunked\r\nContent-Length: 5", "0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding:\tchunked\r\nContent-Length: 5", "0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: \u000bchunked\r\nContent-Length: 5", "0\r\n\r\n" + Smuggled },
        { "X: x\nTransfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n" + Smuggled },
        { "X: x\rTransfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding:\r\n chunked\r\nContent-Length: 5", "0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked\r\n\u00a0x: y", "0\r\n\r\n" + Smuggled },
        { "Content-Length: 0\r\nContent-Length: 57", Smuggled },
        { "Content-Length: 57\r\nContent-Length: 0", Smuggled },
        { "Content-Length: 0, 57", Smuggled },
        { "Content-Length: 0\r\ncontent_length: 57", Smuggled },
        { "Content-Length: +0", Smuggled },
        { "Content-Length: -1", Smuggled },
        { "Content-Length: 0x0", Smuggled },
        { "Content-Length: 0 0", Smuggled },
        { "Content-Length: 00\u00a0", Smuggled },
        { "Content-Length: 18446744073709551616", Smuggled },
        { "Content-Length:\r\n 0", Smuggled },
        { "Content-Length : 0", Smuggled },
        { "Transfer-Encoding: chunked", "2;x=\n{}\r\n0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked", "2;x\nxx\r\n4c\r\n0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked", "2\n{}\n0\n\n" + Smuggled },
        { "Transfer-Encoding: chunked", "0x2\r\n{}\r\n0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked", "-2\r\n{}\r\n0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked", " 2\r\n{}\r\n0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked", "2 \r\n{}\r\n0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked", "FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked", "100000002\r\n{}\r\n0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked", "2\r\n{}XX0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked", "3\r\n{}\r\n0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked", "0\r\nContent-Length: 57\r\nTransfer-Encoding: identity\r\nAuthorization: Bearer evil\r\n\r\n" + Smuggled },
        { "Transfer-Encoding: chunked", "0\r\nX: y\n\r\n" + Smuggled },
        { "Connection: Content-Length\r\nContent-Length: 57", Smuggled },
        { "Expect: 100-continue\r\nContent-Length: 57", Smuggled },
        { "Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 57", Smuggled },
        { "Expect: 200-ok\r\nContent-Length: 57", Smuggled },
        { "Expect: 100-continue\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + Smuggled },
    };

    [Theory]
    [MemberData(nameof(Ambiguous))]
    public async Task What_stands_behind_an_ambiguous_end_is_not_smuggled_through(string framing, string body)
    {
        foreach (var target in new[] { "/raw/things", AttackedProduct.ChatPath })
        {
            attacked.Upstream.Forget();
            using var connection = await RawConnection.OpenAsync(attacked.Gateway);
            await connection.SendAsync($"POST {target} HTTP/1.1\r\nHost: {attacked.Gateway.Authority}\r\nAuthorization: Bearer {attacked.Token}\r\n{framing}\r\n\r\n{body}");
            // Whatever it was taken for, this one ends the connection.
            await connection.SendAsync($"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            var answers = await connection.RestAsync();

            Assert.InRange(attacked.Upstream.Requests.Count, 0, 1);
            Assert.DoesNotContain(attacked.Upstream.Requests, seen => seen.StartsWith("GET", StringComparison.Ordinal) || seen.Contains("Bearer evil", StringComparison.Ordinal) || seen.Contains("\nExpect", StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain(attacked.Token, answers, StringComparison.Ordinal);
        }
    }

    public static TheoryData<string> EarlyRefusals =>
    [
        "POST /openai/v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer ptk_unknown_unknown\r\n",
        "POST /openai/v1/nonsense HTTP/1.1\r\nAuthorization: Bearer {token}\r\n",
        "POST /openai//v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer {token}\r\n",
        "POST /openai/v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer {token}\r\nx-api-key: other\r\n",
        "POST /openai/v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Encoding: gzip\r\n",
        "POST /openai/v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer {token}\r\nOrigin: null\r\nExpect: 100-continue\r\nContent-Encoding: br\r\n",
        "OPTIONS /openai/v1/chat/completions HTTP/1.1\r\nAccess-Control-Request-Method: POST\r\n",
        "GET /health HTTP/1.1\r\n",
    ];

    [Theory]
    [MemberData(nameof(EarlyRefusals))]
    public async Task The_body_of_a_request_that_was_answered_early_is_not_read_as_the_next_request(string start)
    {
        attacked.Upstream.Forget();
        // A whole request, with a token, that nobody sent as one.
        var hidden = attacked.Get("/openai/v1/models?hidden");
        foreach (var framed in new[] { $"Content-Length: {hidden.Length}\r\n\r\n{hidden}", $"Transfer-Encoding: chunked\r\n\r\n{hidden.Length:x}\r\n{hidden}\r\n0\r\n\r\n" })
        {
            using var connection = await RawConnection.OpenAsync(attacked.Gateway);
            await connection.SendAsync(start.Replace("{token}", attacked.Token, StringComparison.Ordinal) + $"Host: {attacked.Gateway.Authority}\r\n" + framed);
            await connection.SendAsync(attacked.Get("/openai/v1/models?open", "Connection: close\r\n"));
            var answers = await connection.RestAsync();
            Assert.StartsWith("HTTP/1.1 ", answers, StringComparison.Ordinal);
        }
        Assert.DoesNotContain(attacked.Upstream.Requests, seen => seen.Contains("hidden", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Requests_in_a_row_on_one_connection_each_get_their_own_answer()
    {
        attacked.Upstream.Answer = request => [ScriptedUpstream.Json($$"""{"asked":"{{request.Split(' ')[1]}}"}""")];
        using var connection = await RawConnection.OpenAsync(attacked.Gateway);
        await connection.SendAsync(string.Concat(Enumerable.Range(0, 5).Select(i => attacked.Get($"/openai/v1/models?n={i}"))));
        for (var i = 0; i < 5; i++)
        {
            Assert.EndsWith($$"""{"asked":"/v1/models?n={{i}}"}""", await connection.AnswerAsync(), StringComparison.Ordinal);
        }
    }
}
