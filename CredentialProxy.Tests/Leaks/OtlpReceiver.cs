using System.Collections.Concurrent;
using System.Net;
using System.Text;
using CredentialProxy.Tests.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Tests.Leaks;

/// <summary>Takes telemetry as a collector does, OTLP over HTTP, and keeps the very bytes that were exported.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Signal, string Bytes)> _received = new();

    private OtlpReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.MapPost("/v1/{signal}", TakeAsync);
    }

    public string Address => _app.Urls.First();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>What came of <c>traces</c>, <c>metrics</c> or <c>logs</c>: protobuf, in which texts stand as they are.</summary>
    public string Received(string signal) => string.Concat(_received.Where(entry => entry.Signal == signal).Select(entry => entry.Bytes));

    /// <summary>The spans that came so far.</summary>
    public IReadOnlyList<ExportedSpan> Spans => [.. Bodies("traces").SelectMany(ExportedSpan.Read)];

    /// <summary>The metrics that came so far, as often as they came.</summary>
    public IReadOnlyList<ExportedMetric> Metrics => [.. Bodies("metrics").SelectMany(ExportedMetric.Read)];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private IEnumerable<byte[]> Bodies(string signal) => _received.Where(entry => entry.Signal == signal).Select(entry => Encoding.Latin1.GetBytes(entry.Bytes));

    private async Task<IResult> TakeAsync(string signal, HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        _received.Enqueue((signal, Encoding.Latin1.GetString(body.ToArray())));
        return Results.Bytes([], "application/x-protobuf");
    }
}
