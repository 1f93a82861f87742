using CredentialProxy.Tests.Redacting;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Upstreams that show the key beside the body, or in a body that can't be read.</summary>
[Trait("threat", "key-1")]
[Trait("threat", "key-9")]
public sealed class KeyHeaderAttacks(AttackedProduct attacked) : IClassFixture<AttackedProduct>
{
    private const string Key = AttackedProduct.Key;

    [Fact]
    [Trait("threat", "key-2")]
    public async Task No_header_trailer_or_reason_shows_the_key()
    {
        foreach (var (name, write) in KeyWriting.All)
        {
            var key = write(Key);
            var headers = $"X-Request-Id: {key}\r\nX-Request-Id: two {key}\r\nX-Echo-{Key}: 1\r\nX-Echo-Authorization: Bearer {key}\r\nLink: <https://x.example/?a={key}&b=1>; rel=next\r\nCF-Ray: {key}\r\nETag: \"{key}\"\r\n"
                + $"WWW-Authenticate: Bearer {key}\r\nAuthorization: Bearer {key}\r\nX-Api-Key: {key}\r\nSet-Cookie: k={key}\r\nContent-Disposition: attachment; filename=\"{key}\"\r\nTrailer: X-Echo-Late\r\n";
            attacked.Upstream.Answer = _ =>
                [ScriptedUpstream.Bytes($"HTTP/1.1 200 {Key}\r\nContent-Type: application/json; x={key}\r\nTransfer-Encoding: chunked\r\n{headers}\r\n2\r\n{{}}\r\n0\r\nX-Echo-Late: {key}\r\nX-Echo-{Key}: 2\r\n\r\n")];
            var answer = await RawConnection.AskAsync(attacked.Gateway, attacked.Get("/raw/things"));
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
            Assert.False(KeyWriting.CanBeReadOutOf(answer, Key), $"{name}: {answer}");
            Assert.Contains("X-Echo-Authorization: ", answer, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("Link: <https://x.example/?", answer, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [Trait("threat", "key-4")]
    [InlineData("https://upload.example/upload/v1beta/files?upload_id=AbC%2d1&upload_protocol=resumable", "https://upload.example/upload/v1beta/files?upload_id=AbC%2d1&upload_protocol=resumable")]
    [InlineData("https://upload.example/upload/v1beta/files?key={key}&upload_id=AbC", "https://upload.example/upload/v1beta/files?upload_id=AbC")]
    [InlineData("https://upload.example/upload/v1beta/files?upload_id=AbC&key={key}", "https://upload.example/upload/v1beta/files?upload_id=AbC")]
    [InlineData("https://upload.example/{key}?upload_id=AbC", "https://upload.example/{stars}?upload_id=AbC")]
    public async Task An_upload_address_is_untouched_and_holds_no_key(string address, string expected)
    {
        string Fill(string text) => text.Replace("{key}", Key, StringComparison.Ordinal).Replace("{stars}", new string('*', Key.Length), StringComparison.Ordinal);
        attacked.Upstream.Answer = _ => [ScriptedUpstream.Json("{}", headers: $"X-Goog-Upload-URL: {Fill(address)}\r\nX-Goog-Upload-Control-URL: {Fill(address)}\r\n")];
        var answer = await RawConnection.AskAsync(attacked.Gateway, attacked.Chat("/gemini/upload/v1beta/files", "X-Goog-Upload-Command: start\r\n", "{}"));
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Equal((Fill(expected), Fill(expected)), (WireReader.ValueOf(answer.Split("\r\n"), "x-goog-upload-url"), WireReader.ValueOf(answer.Split("\r\n"), "x-goog-upload-control-url")));
    }

    [Theory]
    [InlineData("Content-Encoding: zstd")]
    [InlineData("Content-Encoding: compress")]
    [InlineData("Content-Encoding: gzip, br")]
    [InlineData("Content-Encoding: gzip\r\nContent-Encoding: gzip")]
    [InlineData("Transfer-Encoding: gzip")]
    public async Task An_answer_that_can_not_be_read_is_not_passed_on(string header)
    {
        foreach (var (request, status) in new[] { (attacked.Chat(), 200), (attacked.Chat(), 401), (attacked.Get("/raw/things"), 200), (attacked.Get("/raw/things"), 500) })
        {
            attacked.Upstream.Forget();
            attacked.Upstream.Answer = _ => [ScriptedUpstream.Json(Key, status, header + "\r\n")];
            var answer = await RawConnection.AskAsync(attacked.Gateway, request.Replace("Content-Type", "Accept-Encoding: zstd, gzip, br, *\r\nContent-Type", StringComparison.Ordinal));
            Assert.StartsWith("HTTP/1.1 502 ", answer, StringComparison.Ordinal);
            Assert.DoesNotContain(Key, answer, StringComparison.Ordinal);
            Assert.Equal("identity", WireReader.ValueOf(Assert.Single(attacked.Upstream.Requests).Split("\r\n"), "accept-encoding"));
        }
    }
}
