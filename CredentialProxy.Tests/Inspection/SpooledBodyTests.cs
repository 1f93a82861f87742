using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using CredentialProxy.Core.Judging;
using CredentialProxy.Gateway;
using CredentialProxy.Gateway.Admitting;
using CredentialProxy.Gateway.Inspection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialProxy.Tests.Inspection;

/// <summary>Bodies on their way into memory, and what is counted for them.</summary>
public sealed class SpooledBodyTests
{
    private readonly Load _all = new();
    private readonly Load _token = new();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(200_000, 200_000)]
    [InlineData(300_000, 5 * 65_536)]
    [InlineData(2_000_000, 31 * 65_536)]
    public async Task A_body_counts_with_what_it_takes_up_until_it_is_let_go(int size, long held)
    {
        var (body, refusal) = await ReadAsync(size, maxBytes: 4_000_000);
        Assert.Null(refusal);
        Assert.Equal(Bytes(size), body!.Content.ToArray());
        Assert.Equal((held, held), (_all.HeldBytes, _token.HeldBytes));
        body.Dispose();
        body.Dispose();
        Assert.Equal((0, 0), (_all.HeldBytes, _token.HeldBytes));
    }

    [Theory]
    [InlineData(1_000_001, 1_000_000, 10_000_000, RefusalCode.RequestTooLarge)]
    [InlineData(1_000_000, 4_000_000, 900_000, RefusalCode.ConcurrencyLimitExceeded)]
    internal async Task A_body_that_is_refused_on_the_way_gives_everything_back(int size, long maxBytes, long maxPerToken, RefusalCode code)
    {
        var (body, refusal) = await ReadAsync(size, maxBytes, maxPerToken);
        Assert.Null(body);
        Assert.Equal(code, refusal?.Code);
        Assert.Equal((0, 0), (_all.HeldBytes, _token.HeldBytes));
    }

    [Fact]
    public async Task A_body_whose_client_breaks_off_gives_everything_back()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Bytes(1_000), TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync(new IOException("The request stream was aborted."));
        await Assert.ThrowsAsync<IOException>(async () => await ReadAsync(pipe.Reader, 4_000_000, 4_000_000));
        Assert.Equal((0, 0), (_all.HeldBytes, _token.HeldBytes));
    }

    [Fact]
    public async Task A_body_whose_pipe_the_server_has_closed_is_let_go_all_the_same()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Bytes(1_000), TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();
        var (body, _) = await ReadAsync(new ClosingReader(pipe.Reader), 4_000_000, 4_000_000);
        Assert.Equal(1_000, _all.HeldBytes);
        body!.Dispose();
        Assert.Equal((0, 0), (_all.HeldBytes, _token.HeldBytes));
    }

    private static byte[] Bytes(int size) => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0123456789", (size / 10) + 1))[..size]);

    private async Task<(SpooledBody? Body, Refusal? Refusal)> ReadAsync(int size, long maxBytes, long maxPerToken = 10_000_000)
    {
        // Each part is read before the next is written, so that what is held does not turn on who is faster.
        var pipe = new Pipe(new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 65_536, resumeWriterThreshold: 32_768, useSynchronizationContext: false));
        var reading = ReadAsync(pipe.Reader, maxBytes, maxPerToken);
        foreach (var part in Bytes(size).Chunk(50_000))
        {
            if ((await pipe.Writer.WriteAsync(part)).IsCompleted || reading.IsCompleted)
            {
                break;
            }
        }
        await pipe.Writer.CompleteAsync();
        return await reading;
    }

    private Task<(SpooledBody? Body, Refusal? Refusal)> ReadAsync(PipeReader reader, long maxBytes, long maxPerToken)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IRequestBodyPipeFeature>(new PipeFeature(reader));
        var admission = new Admission(_all, _token, new GatewayOptions { MaxHeldBytes = 100_000_000, MaxHeldBytesPerToken = maxPerToken });
        return SpooledBody.ReadAsync(context.Request, admission, maxBytes).AsTask();
    }

    private sealed record PipeFeature(PipeReader Reader) : IRequestBodyPipeFeature;

    // As Kestrel's is once the request has been aborted.
    private sealed class ClosingReader(PipeReader reader) : PipeReader
    {
        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => reader.ReadAsync(cancellationToken);

        public override bool TryRead(out ReadResult result) => reader.TryRead(out result);

        public override void AdvanceTo(SequencePosition consumed) => throw new TaskCanceledException();

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => throw new TaskCanceledException();

        public override void CancelPendingRead() => reader.CancelPendingRead();

        public override void Complete(Exception? exception = null) => reader.Complete(exception);
    }
}
