using System.Net;
using CredentialProxy.MockProvider.Anthropic;
using CredentialProxy.MockProvider.Capturing;
using CredentialProxy.MockProvider.Control;
using CredentialProxy.MockProvider.Faults;
using CredentialProxy.MockProvider.Gemini;
using CredentialProxy.MockProvider.Generation;
using CredentialProxy.MockProvider.OpenAI;
using CredentialProxy.MockProvider.Storing;

namespace CredentialProxy.MockProvider;

/// <summary>A stand-in for OpenAI, Anthropic, OpenRouter and Gemini that answers as they do, costs nothing, and fails on demand.</summary>
public static class MockProviderApp
{
    private const long MaxBodyBytes = 1024L * 1024 * 1024;

    /// <summary>Makes one; the caller starts and stops it. Several in a process share nothing.</summary>
    public static WebApplication Create(MockProviderOptions options)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        if (!options.StopsOnSignals)
        {
            builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        }
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Parse(options.Host), options.Port);
        });
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<CapturedRequests>();
        builder.Services.AddSingleton<ProducedUsage>();
        builder.Services.AddSingleton<UnderWay>();
        builder.Services.AddSingleton<FaultStore>();
        builder.Services.AddSingleton<Gates>();
        builder.Services.AddSingleton<ObjectStore>();
        builder.Services.AddSingleton<FrontDoor>();
        var app = builder.Build();
        ControlApi.Map(app);
        app.UseMiddleware<FrontDoorMiddleware>();
        OpenAIApi.Map(app, "", isOpenRouter: false);
        OpenAIApi.Map(app, "/api", isOpenRouter: true);
        AnthropicApi.Map(app, "");
        AnthropicApi.Map(app, "/api");
        GeminiApi.Map(app);
        ModelsApi.Map(app);
        StoredObjectsApi.Map(app);
        app.MapFallback(context => Exchange.Of(context).FailAsync(StatusCodes.Status404NotFound, "Unknown request URL"));
        Tokens.WarmInBackground();
        return app;
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
