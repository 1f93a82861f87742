using System.Globalization;
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
internal readonly record struct StreamEvent(string Data, int Tokens, string? Name = null)
{
    /// <summary>Whether it tells the client that there is no more.</summary>
    public bool IsLast => Data == "[DONE]" || Name is "message_stop" or "response.completed";
}

/// <summary>One request and its answer, with whatever fault it is to have. What has been written is what has been produced.</summary>
internal sealed class Exchange(HttpContext context, ApiKind api, string key, ProducedUsage usage, Gates gates, TimeProvider time)
{
    // As long as a whole number of its periods.
    private static readonly byte[] Pattern = [.. Enumerable.Range(0, 64 * 1024).Select(i => (byte)(i * 31))];

    public HttpContext Context => context;

    public ApiKind Api => api;

    public JsonObject? Body { get; set; }

    public Fault Fault { get; set; } = Fault.None;

    private IDisposable? _underWay;

    public static Exchange Of(HttpContext context) => context.Features.Get<Exchange>() ?? throw new InvalidOperationException("The request did not come through the front door.");

    /// <summary>Unix time in seconds.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>All of the request has arrived.</summary>
    public void Begin(UnderWay all) => _underWay = all.Begin(Body?["model"] is JsonValue value && value.TryGetValue<string>(out var model) ? model : "");

    /// <summary>Nothing more is done for the request than to write what there is.</summary>
    public void End() => _underWay?.Dispose();

    /// <summary>Fails at once where the fault says so.</summary>
    public async Task<bool> TryFailAsync()
    {
        if (Fault.Reset)
        {
            End();
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
        usage.AddOutput(key, model, outputTokens);
        if (Fault.CutAfterChunks is null && Fault.Gate is null)
        {
            await WriteWholeAsync(StatusCodes.Status200OK, answer.ToJsonString());
            return;
        }
        // Half an answer: produced whole, and then the line breaks or falls silent.
        var text = answer.ToJsonString();
        Prepare(StatusCodes.Status200OK, "application/json");
        await context.Response.WriteAsync(text[..(text.Length / 2)]);
        await context.Response.Body.FlushAsync();
        if (Fault.CutAfterChunks is not null)
        {
            End();
            context.Abort();
            return;
        }
        try
        {
            await WaitAsync();
            await context.Response.WriteAsync(text[(text.Length / 2)..]);
        }
        catch (OperationCanceledException)
        {
            // The client left.
        }
    }

    // Before every chunk but the first.
    private async Task WaitAsync()
    {
        await Task.Delay(Fault.ChunkDelayMs, context.RequestAborted);
        if (Fault.Gate is { } gate)
        {
            await gates.PassAsync(gate, context.RequestAborted);
        }
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
        var output = new AnswerBody(context.Response.Body, Fault);
        var count = 0;
        try
        {
            if (Fault.Malformed)
            {
                await output.WriteAsync("data: {\"id\":\"broken\"\ndata: \n:\n\nevent\n\n\u0000data: [}\n\n"u8.ToArray(), context.RequestAborted);
            }
            if (Fault.ReasoningPerSecond > 0)
            {
                // The answer has begun while its model thinks.
                await output.FlushAsync(context.RequestAborted);
            }
            foreach (var e in events)
            {
                if (count > 0)
                {
                    await WaitAsync();
                }
                if (e.IsLast)
                {
                    End();
                }
                var thought = await ThinkAsync(model, e.Tokens - 1);
                await output.WriteAsync(Encoding.UTF8.GetBytes(frame(e)), context.RequestAborted);
                await output.FlushAsync(context.RequestAborted);
                // Only what has been written has been produced: a client that left before does not pay for it.
                usage.AddOutput(key, model, e.Tokens - thought);
                if (++count == Fault.CutAfterChunks)
                {
                    // A reset overtakes what is still on its way: a gate tells when it has arrived.
                    await WaitAsync();
                    End();
                    context.Abort();
                    return;
                }
            }
            await output.EndAsync(context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client left.
        }
    }

    // What is thought is produced while nobody sees it, and so is what was thought when the client leaves.
    private async Task<int> ThinkAsync(string model, int tokens)
    {
        if (Fault.ReasoningPerSecond <= 0 || tokens <= 0)
        {
            return 0;
        }
        var start = time.GetTimestamp();
        var thought = 0;
        while (thought < tokens)
        {
            await Task.Delay(10, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var by = (int)Math.Min(tokens, time.GetElapsedTime(start).TotalSeconds * Fault.ReasoningPerSecond);
            usage.AddOutput(key, model, by - thought);
            thought = by;
            context.RequestAborted.ThrowIfCancellationRequested();
        }
        return thought;
    }

    /// <summary>Answers with so many bytes, each 31 more than the one before, and never in memory as a whole.</summary>
    public async Task SendBytesAsync(string contentType, int count)
    {
        Prepare(StatusCodes.Status200OK, contentType);
        context.Response.ContentLength = Fault.Encoding is null ? count : null;
        var output = new AnswerBody(context.Response.Body, Fault);
        for (var left = count; left > 0; left -= Pattern.Length)
        {
            await output.WriteAsync(Pattern.AsMemory(0, Math.Min(left, Pattern.Length)), context.RequestAborted);
        }
        await output.EndAsync(context.RequestAborted);
    }

    private async Task WriteWholeAsync(int status, string text, string contentType = "application/json")
    {
        End();
        Prepare(status, contentType);
        var bytes = Encoding.UTF8.GetBytes(text);
        if (Fault.Encoding is null)
        {
            context.Response.ContentLength = bytes.Length;
        }
        var output = new AnswerBody(context.Response.Body, Fault);
        await output.WriteAsync(bytes, context.RequestAborted);
        await output.EndAsync(context.RequestAborted);
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

    /// <summary>The usage to claim: the real one, or the one the fault makes up.</summary>
    public (long Input, long Output) Claim(Production produced) => (Fault.ClaimInput ?? produced.Input, Fault.ClaimOutput ?? produced.Output);

    /// <summary>A long text, where the fault asks for one.</summary>
    public string Huge => Fault.HugeBytes > 0 ? new string('x', Fault.HugeBytes) : "";
}
