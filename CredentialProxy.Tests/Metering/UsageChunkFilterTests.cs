using System.Buffers;
using System.Text;
using CredentialProxy.Core.Metering;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Metering;

public sealed class UsageChunkFilterTests
{
    private const string Chunk = """{"id":"c","choices":[],"usage":{"prompt_tokens":25,"completion_tokens":9,"total_tokens":34}}""";

    private static readonly string[] Others =
    [
        """{"id":"c","choices":[{"index":0,"delta":{"content":"\"choices\":[],\"usage\":{}"}}],"usage":null}""",
        """{"id":"c","choices":[],"prompt_filter_results":[{"usage":{}}],"usage":null}""",
        """{"id":"c","choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":25,"completion_tokens":9}}""",
        """{"id":"c","usage":{"prompt_tokens":25}}""",
        """{"id":"c","x":{"choices":[],"usage":{}}}""",
        """{"choices":[],"usage":{""",
        """["choices","usage"]""",
        "[DONE]",
        """{"\ude00":1,"choices":[],"usage":null}""",
        "not JSON: \"choices\" \"usage\"",
        "",
    ];

    public static TheoryData<string> LineEnds => ["\n", "\r\n", "\r"];

    [Theory]
    [MemberData(nameof(LineEnds))]
    public void The_usage_chunk_alone_is_withheld_wherever_the_stream_is_split(string end)
    {
        var before = string.Concat(Others.Select(data => $": note{end}event: x{end}data: {data}{end}{end}"));
        var after = $"data: [DONE]{end}{end}data: {{\"rest\":";
        var stream = Encoding.UTF8.GetBytes($"{before}data: {Chunk}{end}{end}{after}");
        var expected = before + after;
        for (var split = 0; split <= stream.Length; split++)
        {
            Assert.Equal(expected, Encoding.UTF8.GetString(Filtered.Of(stream, split)));
        }
        Assert.Equal(expected, Encoding.UTF8.GetString(Filtered.Of(stream, [.. Enumerable.Repeat(1, stream.Length)])));
    }

    [Property(MaxTest = 1000)]
    public Property The_usage_chunk_alone_is_withheld_however_the_stream_is_split(PositiveInt[] sizes, byte[] order, PositiveInt ending)
    {
        var end = new[] { "\n", "\r\n", "\r" }[ending.Get % 3];
        var events = order.Select(pick => pick % (Others.Length + 1)).ToArray();
        var stream = string.Concat(events.Select(pick => $"data: {(pick == Others.Length ? Chunk : Others[pick])}{end}{end}"));
        var expected = string.Concat(events.Where(pick => pick < Others.Length).Select(pick => $"data: {Others[pick]}{end}{end}"));
        return (Encoding.UTF8.GetString(Filtered.Of(Encoding.UTF8.GetBytes(stream), [.. sizes.Select(size => size.Get)])) == expected).ToProperty();
    }

    [Theory]
    [InlineData("data: {0}\n\n")]
    [InlineData("data:{0}\n\n")]
    [InlineData("event: message\nid: 7\ndata: {0}\n\n")]
    [InlineData(": note\ndata: {0}\r\n\r\n")]
    [InlineData("data: {0}\nid: 7\n\n")]
    [InlineData("data: {0}")]
    [InlineData("data: {0}\n")]
    public void The_chunk_is_known_in_every_framing(string framing) =>
        Assert.Empty(Filtered.Of(Encoding.UTF8.GetBytes(framing.Replace("{0}", Chunk, StringComparison.Ordinal))));

    [Theory]
    [InlineData("""{"usage":{"prompt_tokens":1},"choices":[]}""")]
    [InlineData("""{ "choices" : [ ] , "usage" : { } }""")]
    [InlineData("{\"choices\":\ndata: [],\"usage\":\ndata: {}}")]
    public void The_chunk_is_known_in_every_spelling(string data) => Assert.Empty(Filtered.Of(Encoding.UTF8.GetBytes($"data: {data}\n\n")));

    [Fact]
    public void An_event_leaves_as_soon_as_it_is_whole()
    {
        var filter = new UsageChunkFilter();
        var output = new ArrayBufferWriter<byte>();
        filter.Process("data: {\"choices\":[1]}\n"u8, output);
        Assert.Equal(0, output.WrittenCount);
        filter.Process("\nda"u8, output);
        Assert.Equal("data: {\"choices\":[1]}\n\n", Encoding.UTF8.GetString(output.WrittenSpan));
        filter.Process("ta: 2\r\n\r"u8, output);
        Assert.EndsWith("data: 2\r\n\r", Encoding.UTF8.GetString(output.WrittenSpan), StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_too_large_to_be_the_chunk_leaves_as_it_comes()
    {
        var filter = new UsageChunkFilter();
        var output = new ArrayBufferWriter<byte>();
        var large = Encoding.UTF8.GetBytes("data: {\"choices\":[],\"usage\":{\"x\":\"" + new string('x', 70_000));
        filter.Process(large.AsSpan(0, 1000), output);
        Assert.Equal(0, output.WrittenCount);
        filter.Process(large.AsSpan(1000), output);
        Assert.Equal(large.Length, output.WrittenCount);
        filter.Process("\"}}\n\n"u8, output);
        Assert.Equal(large.Length + 5, output.WrittenCount);
        filter.Process(Encoding.UTF8.GetBytes($"data: {Chunk}\n\n"), output);
        Assert.Equal(large.Length + 5, output.WrittenCount);
    }

    [Fact]
    public void A_large_event_keeps_its_last_line_feed_after_a_chunk_that_was_withheld()
    {
        var large = "data: " + new string('x', 70_000) + "\r\n\r\n";
        var stream = Encoding.UTF8.GetBytes($"data: {Chunk}\r\n\r\n{large}");
        Assert.Equal(large, Encoding.UTF8.GetString(Filtered.Of(stream, stream.Length - 1000, 999)));
    }
}
