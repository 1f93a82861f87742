using System.Text;
using CredentialProxy.Gateway.Forwarding;
using CredentialProxy.Tests.Inspection;

namespace CredentialProxy.Tests.Forwarding;

/// <summary>A body in memory, and when its bytes may be taken back.</summary>
public sealed class HeldContentTests
{
    private static readonly byte[] Body = Encoding.ASCII.GetBytes("""{"model":"gpt-4o-mini"}""");

    [Fact]
    public async Task It_writes_every_byte_and_keeps_none_of_them_apart_from_what_follows()
    {
        using var content = new HeldContent(Bodies.Split(Body, 1, 9));
        using var sent = new Pausing();
        sent.Go();
        Assert.False(content.IsWritten);
        await content.CopyToAsync(sent);

        Assert.Equal(Body, sent.Written);
        Assert.Equal(0, sent.Flushes);
        Assert.Equal(Body.Length, content.Headers.ContentLength);
        Assert.True(content.IsWritten);
    }

    [Fact]
    public async Task It_may_be_sent_again_as_when_a_provider_sends_a_stream_back_unread()
    {
        using var content = new HeldContent(Bodies.Split(Body, 9));
        using var sent = new Pausing();
        sent.Go();
        await content.CopyToAsync(sent);
        await content.CopyToAsync(sent);
        Assert.Equal([.. Body, .. Body], sent.Written);
    }

    [Fact]
    public async Task The_end_waits_for_a_write_that_is_under_way()
    {
        using var content = new HeldContent(Bodies.Split(Body, 9));
        using var sent = new Pausing();
        var writing = content.CopyToAsync(sent);
        var ending = content.EndAsync().AsTask();
        Assert.False(ending.IsCompleted);

        sent.Go();
        await ending;
        await writing;
        Assert.Equal(Body, sent.Written);
    }

    [Fact]
    public async Task The_end_comes_as_well_after_a_write_that_failed()
    {
        using var content = new HeldContent(Bodies.Split(Body, 9));
        using var sent = new Pausing();
        var writing = content.CopyToAsync(sent);
        var ending = content.EndAsync().AsTask();
        sent.Fail();
        await ending;
        await Assert.ThrowsAnyAsync<Exception>(() => writing);
        Assert.False(content.IsWritten);
    }

    [Fact]
    public async Task After_the_end_nothing_is_written()
    {
        using var content = new HeldContent(Bodies.Split(Body, 9));
        await content.EndAsync();
        using var sent = new Pausing();
        sent.Go();
        await Assert.ThrowsAnyAsync<Exception>(() => content.CopyToAsync(sent));
        Assert.Empty(sent.Written);
    }

    /// <summary>A connection whose first write waits to be let go.</summary>
    private sealed class Pausing : MemoryStream
    {
        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public byte[] Written => ToArray();

        public int Flushes { get; private set; }

        public void Go() => _go.SetResult();

        public void Fail() => _go.SetException(new IOException("The connection broke."));

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _go.Task;
            Write(buffer.Span);
        }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flushes++;
            return Task.CompletedTask;
        }
    }
}
