using System.Buffers;
using System.IO.Pipelines;
using CredentialProxy.Gateway.Connections;

namespace CredentialProxy.Tests.Gateway.Connections;

/// <summary>What the writing side of a connection sees of the frames that go by, however they are cut.</summary>
public sealed class Http2FrameWatcherTests
{
    // SETTINGS; HEADERS of 1; DATA of 1 whose payload looks like the end of 5; DATA and END_STREAM of 1; HEADERS and END_STREAM of 3; RST_STREAM of 7.
    private static readonly byte[] Written =
    [
        .. Frame(4, 0, 0), .. Frame(1, 4, 1, 1, 2, 3), .. Frame(0, 0, 1, Frame(0, 1, 5)), .. Frame(0, 1, 1, 9), .. Frame(1, 5, 3, 1), .. Frame(3, 0, 7, 0, 0, 0, 8),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(1000)]
    public async Task The_last_frame_of_each_stream_is_seen(int step)
    {
        var answers = new Http2Answers();
        var ends = new[] { 1, 3, 5, 7, 9 }.ToDictionary(stream => stream, answers.Enter);
        var pipe = new Pipe();
        var watcher = new Http2FrameWatcher(pipe.Writer, answers);
        for (var at = 0; at < Written.Length; at += step)
        {
            var part = Written.AsMemory(at, Math.Min(step, Written.Length - at));
            if (at / step % 2 == 0)
            {
                watcher.Write(part.Span);
            }
            else
            {
                await watcher.WriteAsync(part, TestContext.Current.CancellationToken);
            }
        }
        await watcher.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal([1, 3, 7], ends.Where(end => end.Value.IsCompleted).Select(end => end.Key));
        Assert.True(pipe.Reader.TryRead(out var read));
        Assert.Equal(Written, read.Buffer.ToArray());
    }

    [Fact]
    public void An_answer_ends_at_its_last_frame_and_not_before()
    {
        var answers = new Http2Answers();
        var end = answers.Enter(1);
        var watcher = new Http2FrameWatcher(new Pipe().Writer, answers);
        watcher.Write(Frame(0, 1, 1, 1, 2).AsSpan()[..8]);
        Assert.False(end.IsCompleted);
        watcher.Write(Frame(0, 1, 1, 1, 2).AsSpan()[8..]);
        Assert.True(end.IsCompleted);
    }

    private static byte[] Frame(byte type, byte flags, byte stream, params byte[] payload) => [0, 0, (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload];
}
