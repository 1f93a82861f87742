using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace CredentialProxy.AppHost.Tests;

/// <summary>Takes traces over OTLP, as protobuf over HTTP, and keeps them as they came: texts stand in them as they are.</summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _exports = new();

    private TraceCollector()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(TakeAsync);
    }

    /// <summary>Where it listens.</summary>
    public string Address => _app.Urls.Single();

    public static async Task<TraceCollector> StartAsync()
    {
        var collector = new TraceCollector();
        await collector._app.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    /// <summary>Waits for an export of traces that holds all of these texts.</summary>
    public async Task ReceivedAsync(CancellationToken cancellationToken, params string[] texts)
    {
        while (!_exports.Any(export => texts.All(text => export.Contains(text, StringComparison.Ordinal))))
        {
            await Task.Delay(100, cancellationToken);
        }
    }

    /// <summary>Whether a text has been exported.</summary>
    public bool Holds(string text) => _exports.Any(export => export.Contains(text, StringComparison.Ordinal));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (context.Request.Path == "/v1/traces")
        {
            _exports.Enqueue(Encoding.Latin1.GetString(body.ToArray()));
        }
        context.Response.ContentType = "application/x-protobuf";
    }
}
