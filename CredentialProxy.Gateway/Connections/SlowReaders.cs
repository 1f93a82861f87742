using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace CredentialProxy.Gateway.Connections;

/// <summary>
/// Ends answers that their clients do not take. Kestrel measures that itself, but stops measuring a stream of HTTP/2 that waits for its window as soon as
/// it has looked at it again, as it does when the answer ends; and then whoever opens no window holds the answer for as long as it likes.
/// </summary>
internal sealed class SlowReaders(ConnectionOptions options, TimeProvider time)
{
    private readonly bool _isBounded = options.MinResponseBytesPerSecond > 0;

    /// <summary>Longest time that a client may take over so many bytes, in timestamps of the clock; <see cref="long.MaxValue"/> where any speed will do.</summary>
    public long TicksFor(int bytes) => _isBounded ? (long)(SecondsFor(bytes) * time.TimestampFrequency) : long.MaxValue;

    /// <summary>Has a listener's connections of HTTP/2 tell when their answers have left.</summary>
    public void Watch(ListenOptions listener) => listener.Use(next => connection =>
    {
        if (_isBounded && connection.Features.Get<ITlsApplicationProtocolFeature>() is { } protocol && protocol.ApplicationProtocol.Span.SequenceEqual("h2"u8))
        {
            var answers = new Http2Answers();
            connection.Features.Set(answers);
            connection.Transport = new WatchedTransport(connection.Transport.Input, new Http2FrameWatcher(connection.Transport.Output, answers));
        }
        return next(connection);
    });

    /// <summary>Serves a request, and waits until its answer has left. The stream of one that stays is reset.</summary>
    public Task ServeAsync(HttpContext context, RequestDelegate serve) =>
        context.Features.Get<Http2Answers>() is { } answers ? ServeAsync(context, serve, answers, context.Features.GetRequiredFeature<IHttp2StreamIdFeature>().StreamId) : serve(context);

    private async Task ServeAsync(HttpContext context, RequestDelegate serve, Http2Answers answers, int streamId)
    {
        var end = answers.Enter(streamId);
        try
        {
            await serve(context);
            await SeeOffAsync(context, end);
        }
        finally
        {
            answers.Leave(streamId);
        }
    }

    private async Task SeeOffAsync(HttpContext context, Task end)
    {
        try
        {
            // It says that the answer is whole, and returns at once.
            await context.Response.CompleteAsync();
            if (!end.IsCompleted)
            {
                await end.WaitAsync(TimeSpan.FromSeconds(SecondsFor(options.MaxUnreadResponseBytes)), time, context.RequestAborted);
            }
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException or IOException or InvalidOperationException)
        {
            // Not taken in time, or broken off, or shorter than its head said.
            context.Abort();
        }
    }

    private double SecondsFor(int bytes) => Math.Max(options.SlowGraceSeconds, (double)bytes / options.MinResponseBytesPerSecond);

    private sealed class WatchedTransport(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
