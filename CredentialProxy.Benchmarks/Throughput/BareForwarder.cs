using System.Net;
using Yarp.ReverseProxy.Forwarder;

namespace CredentialProxy.Benchmarks.Throughput;

/// <summary>The least that any proxy in .NET must do: YARP's forwarder, which copies everything, and one header put in another's place.</summary>
internal static class BareForwarder
{
    public static async Task<int> RunAsync(int port, string upstream)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        builder.Services.AddHttpForwarder();
        await using var app = builder.Build();
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        using var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
        });
        var swap = new SwapHeader();
        app.Run(async context => await forwarder.SendAsync(context, upstream, client, ForwarderRequestConfig.Empty, swap));
        await app.RunAsync();
        return 0;
    }

    private sealed class SwapHeader : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.Headers.Remove("Authorization");
            proxyRequest.Headers.TryAddWithoutValidation("Authorization", "Bearer sk-bare");
            proxyRequest.Headers.Host = null;
        }
    }
}
