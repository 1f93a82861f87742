using System.Text;
using CredentialProxy.Tests.Redacting;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Answers that come bit by bit: a key is found across them, and nothing waits that need not.</summary>
[Trait("threat", "key-1")]
[Trait("threat", "key-9")]
public sealed class KeySplitAttacks(AttackedProduct attacked) : IClassFixture<AttackedProduct>
{
    private const string Key = AttackedProduct.Key;

    public static MatrixTheoryData<string, bool> Halves => new(KeyWriting.All.Keys, [false, true]);

    [Theory]
    [MemberData(nameof(Halves))]
    public async Task A_key_that_comes_in_two_reads_is_found(string writing, bool isEvents)
    {
        var written = KeyWriting.All[writing](Key);
        var gate = new TaskCompletionSource();
        attacked.Upstream.Answer = _ =>
        [
            ScriptedUpstream.Bytes($"HTTP/1.1 200 OK\r\nContent-Type: {(isEvents ? "text/event-stream" : "application/json")}\r\nTransfer-Encoding: chunked\r\n\r\n"),
            ScriptedUpstream.Chunk("data: {\"echo\":\"it was: " + written[..(written.Length / 2)]), ScriptedUpstream.Chunk(written[(written.Length / 2)..] + "\"}\n\n"), ScriptedUpstream.Chunk(""),
        ];
        attacked.Upstream.Between = count => count == 2 ? gate.Task : Task.CompletedTask;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(attacked.Gateway, "/raw/things"));
            request.Headers.Authorization = new("Bearer", attacked.Token);
            using var answer = await attacked.Product.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await using var body = await answer.Content.ReadAsStreamAsync();
            var text = new StringBuilder();
            var buffer = new byte[4096];
            for (var count = 1; count > 0;)
            {
                count = await body.ReadAsync(buffer);
                text.Append(Encoding.Latin1.GetString(buffer, 0, count));
                if (text.ToString().EndsWith(": ", StringComparison.Ordinal) || text.Length > "data: {\"echo\":\"it was: ".Length)
                {
                    // The first half has arrived, and is held back as far as it may be the key's.
                    gate.TrySetResult();
                }
            }
            Assert.StartsWith("data: {\"echo\":\"it was: ", text.ToString(), StringComparison.Ordinal);
            Assert.False(KeyWriting.CanBeReadOutOf(text.ToString(), Key), text.ToString());
        }
        finally
        {
            gate.TrySetResult();
            attacked.Upstream.Between = _ => Task.CompletedTask;
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
            ScriptedUpstream.Chunk(Event), ScriptedUpstream.Chunk(Event), ScriptedUpstream.Chunk(""),
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
}
