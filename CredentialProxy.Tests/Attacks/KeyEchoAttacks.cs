using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Tests.Redacting;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Upstreams that show the key they were given, in every way that a client could read it in.</summary>
[Trait("threat", "key-1")]
[Trait("threat", "key-9")]
public sealed class KeyEchoAttacks(AttackedProduct attacked) : IClassFixture<AttackedProduct>
{
    private const string Key = AttackedProduct.Key;

    public static MatrixTheoryData<string, string> Answers => new(["identity", "gzip", "x-gzip", "br", "deflate"], ["error", "success", "events", "error event"]);

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task No_form_of_the_key_comes_back_and_the_answer_stays_whole(string coding, string kind)
    {
        foreach (var (writing, write) in KeyWriting.All)
        {
            var json = $$$"""{"id":"x","error":{"message":"Incorrect API key provided: {{{write(Key)}}}."},"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}""";
            var body = kind switch
            {
                "events" => $"data: {{\"choices\":[]}}\n\ndata: {json}\n\ndata: [DONE]\n\n",
                "error event" => $"event: error\ndata: {json}\n\n",
                _ => json,
            };
            attacked.Upstream.Answer = _ => Answer(kind == "error" ? 401 : 200, kind.Contains("event", StringComparison.Ordinal), coding, body);

            var answer = await RawConnection.AskAsync(attacked.Gateway, attacked.Chat());

            var left = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
            Assert.False(KeyWriting.CanBeReadOutOf(answer, Key), $"{writing}: {answer}");
            Assert.Equal(body.Length, left.Length);
            Assert.DoesNotContain("content-encoding", answer, StringComparison.OrdinalIgnoreCase);
            var data = kind.Contains("event", StringComparison.Ordinal) ? left.Split("data: ").Single(line => line.Contains("error", StringComparison.Ordinal) && line.StartsWith('{')).TrimEnd() : left;
            Assert.StartsWith("Incorrect API key provided: ", (string?)JsonNode.Parse(data)!["error"]!["message"], StringComparison.Ordinal);
            Assert.Equal(body.Split('\n').Length, left.Split('\n').Length);
        }
    }

    [Theory]
    [InlineData(401, "Incorrect API key provided: sk-proj-*******************wxyz. You can find your API key at https://platform.example.")]
    [InlineData(403, "The key sk-...wxyz may not do this")]
    [InlineData(400, "Your api key: ****wxyz is invalid")]
    [InlineData(500, "No credit on the key ending in wxyz")]
    [InlineData(302, "moved, with ***wxyz")]
    public async Task A_masked_key_shows_nothing_of_it(int status, string message)
    {
        attacked.Upstream.Answer = _ => [ScriptedUpstream.Json(new JsonObject { ["error"] = new JsonObject { ["message"] = message } }.ToJsonString(), status)];
        var answer = await RawConnection.AskAsync(attacked.Gateway, attacked.Chat());
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("wxyz", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-", answer, StringComparison.Ordinal);
    }

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

    [Fact]
    [Trait("threat", "avail-6")]
    public async Task An_event_that_ends_like_the_key_begins_is_not_held_back()
    {
        const string Event = "data: {\"choices\":[{\"delta\":{\"content\":\"sk-proj-\"}}]}\n\n";
        var gate = new TaskCompletionSource();
        attacked.Upstream.Answer = _ =>
        [
            ScriptedUpstream.Bytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"),
            ScriptedUpstream.Bytes($"{Event.Length:x}\r\n{Event}\r\n"), ScriptedUpstream.Bytes($"{Event.Length:x}\r\n{Event}\r\n0\r\n\r\n"),
        ];
        attacked.Upstream.Between = count => count == 2 ? gate.Task : Task.CompletedTask;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(attacked.Gateway, AttackedProduct.ChatPath)) { Content = new StringContent(AttackedProduct.ChatBody[..^1] + ",\"stream\":true}", Encoding.UTF8, "application/json") };
            request.Headers.Authorization = new("Bearer", attacked.Token);
            using var answer = await attacked.Product.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));

            Assert.Equal(Event.TrimEnd(), await reader.ReadLineAsync(patience.Token));
            Assert.Equal("", await reader.ReadLineAsync(patience.Token));
            gate.SetResult();
            Assert.Equal(Event, await reader.ReadToEndAsync(patience.Token));
        }
        finally
        {
            gate.TrySetResult();
            attacked.Upstream.Between = _ => Task.CompletedTask;
        }
    }

    [Fact]
    public async Task An_answer_that_breaks_off_within_the_key_shows_none_of_it()
    {
        const string Events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
        var part = $"data: {{\"echo\":\"{Key[..30]}";
        // A stream whose end is missing, one that ends there, and a plain answer that does.
        foreach (var (header, body) in new[] { (Events + "Content-Length: 500\r\n", "data: {}\n\n" + part), (Events, "data: {}\n\n" + part), ("HTTP/1.1 200 OK\r\n", part) })
        {
            attacked.Upstream.Answer = _ => [ScriptedUpstream.Bytes(header + "\r\n"), ScriptedUpstream.Bytes(body)];
            attacked.Upstream.ClosesAfter = _ => true;
            using var connection = await RawConnection.OpenAsync(attacked.Gateway);
            await connection.SendAsync(attacked.Chat(headers: "Connection: close\r\n", body: AttackedProduct.ChatBody[..^1] + ",\"stream\":true}"));
            var answer = await connection.RestAsync();
            Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
            Assert.Contains("data: {", answer, StringComparison.Ordinal);
            Assert.DoesNotContain(Key[..12], answer, StringComparison.Ordinal);
        }
        attacked.Upstream.ClosesAfter = _ => false;
    }

    // In small chunks, so that the key is split wherever it stands.
    private static IEnumerable<byte[]> Answer(int status, bool isEvents, string coding, string body)
    {
        var header = $"HTTP/1.1 {status} Told\r\nContent-Type: {(isEvents ? "text/event-stream" : "application/json")}\r\nTransfer-Encoding: chunked\r\n{(coding == "identity" ? "" : $"Content-Encoding: {coding}\r\n")}\r\n";
        yield return ScriptedUpstream.Bytes(header);
        foreach (var chunk in Coded(coding, Encoding.Latin1.GetBytes(body)).Chunk(37))
        {
            yield return [.. ScriptedUpstream.Bytes($"{chunk.Length:x}\r\n"), .. chunk, .. "\r\n"u8];
        }
        yield return ScriptedUpstream.Bytes("0\r\n\r\n");
    }

    private static byte[] Coded(string coding, byte[] body)
    {
        var coded = new MemoryStream();
        using (Stream coder = coding switch
        {
            "gzip" or "x-gzip" => new GZipStream(coded, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(coded, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(coded, CompressionLevel.Fastest, leaveOpen: true),
            _ => new BufferedStream(coded),
        })
        {
            coder.Write(body);
            coder.Flush();
            if (coding == "identity")
            {
                return coded.ToArray();
            }
        }
        return coded.ToArray();
    }
}
