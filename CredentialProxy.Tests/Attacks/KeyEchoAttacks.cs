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
        // The status alone tells that it is an error.
        attacked.Upstream.Answer = _ => [ScriptedUpstream.Json(new JsonObject { ["detail"] = message }.ToJsonString(), status)];
        var answer = await RawConnection.AskAsync(attacked.Gateway, attacked.Chat());
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("wxyz", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-", answer, StringComparison.Ordinal);
    }

    // In small chunks, so that the key is split wherever it stands.
    private static IEnumerable<byte[]> Answer(int status, bool isEvents, string coding, string body)
    {
        var header = $"HTTP/1.1 {status} Told\r\nContent-Type: {(isEvents ? "text/event-stream" : "application/json")}\r\nTransfer-Encoding: chunked\r\n{(coding == "identity" ? "" : $"Content-Encoding: {coding}\r\n")}\r\n";
        yield return ScriptedUpstream.Bytes(header);
        foreach (var chunk in Coded(coding, Encoding.Latin1.GetBytes(body)).Chunk(37))
        {
            yield return ScriptedUpstream.Chunk(Encoding.Latin1.GetString(chunk));
        }
        yield return ScriptedUpstream.Chunk("");
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
