using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.MockProvider.Capturing;
using CredentialProxy.MockProvider.Faults;
using CredentialProxy.MockProvider.Generation;

namespace CredentialProxy.MockProvider;

/// <summary>An event of a stream.</summary>
/// <param name="Data">Its data.</param>
/// <param name="Tokens">Output tokens that are produced with it.</param>
/// <param name="Name">Its <c>event:</c> name; null for none.</param>
internal readonly record struct StreamEvent(string Data, int Tokens, string? Name = null);

/// <summary>One request and its answer, with whatever fault it is to have. What has been written is what has been produced.</summary>
internal sealed class Exchange(HttpContext context, ApiKind api, string key, ProducedUsage usage, TimeProvider time)
{
    public HttpContext Context => context;

    public ApiKind Api => api;

    public JsonObject? Body { get; set; }

    public Fault Fault { get; set; } = Fault.None;

    public static Exchange Of(HttpContext context) => context.Features.Get<Exchange>() ?? throw new InvalidOperationException("The request did not come through the front door.");

    /// <summary>Unix time in seconds.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Fails at once where the fault says so.</summary>
    public async Task<bool> TryFailAsync()
    {
        if (Fault.Reset)
        {
            context.Abort();
            return true;
        }
        await Task.Delay(Fault.DelayMs, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Fault.Hang)
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        }
        if (Fault.Location is { } location)
        {
            context.Response.StatusCode = Fault.Status ?? StatusCodes.Status302Found;
            context.Response.Headers.Location = location;
            return true;
        }
        if (Fault.Geo403)
        {
            await WriteWholeAsync(StatusCodes.Status403Forbidden, """{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported","param":null,"type":"request_forbidden"}}""");
            return true;
        }
        if (Fault.Malformed && Body?["stream"]?.GetValue<bool>() != true)
        {
            await WriteWholeAsync(StatusCodes.Status200OK, "{\"id\":\"broken\", \"choices\": [");
            return true;
        }
        if (Fault.Answer is { } answer)
        {
            var isEvents = answer.StartsWith("data:", StringComparison.Ordinal) || answer.StartsWith("event:", StringComparison.Ordinal);
            await WriteWholeAsync(StatusCodes.Status200OK, answer, isEvents ? "text/event-stream; charset=utf-8" : "application/json");
            return true;
        }
        if (Fault.Status is { } status and >= 400 || (Fault.EchoKey && (status = StatusCodes.Status401Unauthorized) > 0))
        {
            await FailAsync(status, Fault.EchoKey ? $"Incorrect API key provided: {key}. You can find your API key at https://platform.example/keys." : "The mock was told to fail.");
            return true;
        }
        return false;
    }

    /// <summary>Answers with an error of the provider's shape.</summary>
    public Task FailAsync(int status, string message)
    {
        if (Fault.RetryAfter is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
        return WriteWholeAsync(status, Fault.Body ?? ErrorBodies.Of(api, status, message).ToJsonString());
    }

    /// <summary>Notes what went in.</summary>
    public void CountInput(string model, int input) => usage.AddRequest(key, model, input);

    /// <summary>Answers with JSON, all of whose output is produced with it.</summary>
    public async Task SendJsonAsync(string model, JsonNode answer, int outputTokens)
    {
        if (Fault.CutAfterChunks is not null)
        {
            // Half an answer: produced whole, and then the line breaks.
            usage.AddOutput(key, model, outputTokens);
            var text = answer.ToJsonString();
            Prepare(StatusCodes.Status200OK, "application/json");
            await context.Response.WriteAsync(text[..(text.Length / 2)]);
            await context.Response.Body.FlushAsync();
            context.Abort();
            return;
        }
        usage.AddOutput(key, model, outputTokens);
        await WriteWholeAsync(StatusCodes.Status200OK, answer.ToJsonString());
    }

    /// <summary>Answers with events as server-sent events.</summary>
    public Task SendEventsAsync(string model, IEnumerable<StreamEvent> events) =>
        SendChunksAsync(model, "text/event-stream; charset=utf-8", events, e => (e.Name is null ? "" : $"event: {e.Name}\n") + $"data: {e.Data}\n\n");

    /// <summary>Answers with events as the elements of one JSON array.</summary>
    public Task SendArrayAsync(string model, IReadOnlyList<StreamEvent> events)
    {
        var last = events.Count - 1;
        return SendChunksAsync(
            model, "application/json; charset=UTF-8", events.Select((e, i) => e with { Data = (i == 0 ? "[" : ",\r\n") + e.Data + (i == last ? "]" : "") }), e => e.Data);
    }

    private async Task SendChunksAsync(string model, string contentType, IEnumerable<StreamEvent> events, Func<StreamEvent, string> frame)
    {
        Prepare(StatusCodes.Status200OK, contentType);
        context.Response.Headers.CacheControl = "no-cache";
        var output = Encoded(context.Response.Body);
        var count = 0;
        try
        {
            if (Fault.Malformed)
            {
                await output.WriteAsync("data: {\"id\":\"broken\"\ndata: \n:\n\nevent\n\n\u0000data: [}\n\n"u8.ToArray(), context.RequestAborted);
            }
            foreach (var e in events)
            {
                if (count > 0 && Fault.ChunkDelayMs > 0)
                {
                    await Task.Delay(Fault.ChunkDelayMs, context.RequestAborted);
                }
                await WriteSlowlyAsync(output, Encoding.UTF8.GetBytes(frame(e)));
                await output.FlushAsync(context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                // Only what has been written has been produced: a client that left before does not pay for it.
                usage.AddOutput(key, model, e.Tokens);
                if (++count == Fault.CutAfterChunks)
                {
                    context.Abort();
                    return;
                }
            }
            await output.DisposeAsync();
        }
        catch (OperationCanceledException)
        {
            // The client left.
        }
    }

    /// <summary>Answers with bytes.</summary>
    public async Task SendBytesAsync(string contentType, ReadOnlyMemory<byte> bytes)
    {
        Prepare(StatusCodes.Status200OK, contentType);
        context.Response.ContentLength = Fault.Encoding is null ? bytes.Length : null;
        var output = Encoded(context.Response.Body);
        await WriteSlowlyAsync(output, bytes);
        await output.DisposeAsync();
    }

    private async Task WriteWholeAsync(int status, string text, string contentType = "application/json")
    {
        Prepare(status, contentType);
        var bytes = Encoding.UTF8.GetBytes(text);
        if (Fault.Encoding is null)
        {
            context.Response.ContentLength = bytes.Length;
        }
        var output = Encoded(context.Response.Body);
        await WriteSlowlyAsync(output, bytes);
        if (Fault.Encoding is not null)
        {
            await output.DisposeAsync();
        }
    }

    private void Prepare(int status, string contentType)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        ProviderHeaders.Write(response.Headers, api);
        foreach (var (name, value) in Fault.Headers ?? new Dictionary<string, string>())
        {
            response.Headers[name] = value;
        }
        if (Fault.Encoding is { } encoding)
        {
            response.Headers.ContentEncoding = encoding;
        }
    }

    private Stream Encoded(Stream body) => Fault.Encoding switch
    {
        "gzip" => new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true),
        "br" => new BrotliStream(body, CompressionLevel.Fastest, leaveOpen: true),
        _ => new LeaveOpen(body),
    };

    private async Task WriteSlowlyAsync(Stream output, ReadOnlyMemory<byte> bytes)
    {
        if (Fault.BytesPerSecond is not { } rate)
        {
            await output.WriteAsync(bytes, context.RequestAborted);
            return;
        }
        var piece = Math.Max(1, rate / 20);
        while (!bytes.IsEmpty)
        {
            var length = Math.Min(piece, bytes.Length);
            await output.WriteAsync(bytes[..length], context.RequestAborted);
            await output.FlushAsync(context.RequestAborted);
            bytes = bytes[length..];
            await Task.Delay(50, context.RequestAborted);
        }
    }

    /// <summary>The usage to claim: the real one, or the one the fault makes up.</summary>
    public (long Input, long Output) Claim(Production produced) => (Fault.ClaimInput ?? produced.Input, Fault.ClaimOutput ?? produced.Output);

    /// <summary>A long text, where the fault asks for one.</summary>
    public string Huge => Fault.HugeBytes > 0 ? new string('x', Fault.HugeBytes) : "";

    private sealed class LeaveOpen(Stream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => inner.WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);
    }
}
