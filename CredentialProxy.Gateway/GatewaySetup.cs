using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Routing;
using CredentialProxy.Gateway.Admitting;
using CredentialProxy.Gateway.Authentication;
using CredentialProxy.Gateway.Authorization;
using CredentialProxy.Gateway.Connections;
using CredentialProxy.Gateway.Cors;
using CredentialProxy.Gateway.Exhausting;
using CredentialProxy.Gateway.Forwarding;
using CredentialProxy.Gateway.Inspection;
using CredentialProxy.Gateway.Measuring;
using CredentialProxy.Gateway.Metering;
using CredentialProxy.Gateway.Ownership;
using CredentialProxy.Gateway.Refusals;
using CredentialProxy.Gateway.Reserving;
using CredentialProxy.Gateway.Swapping;
using CredentialProxy.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace CredentialProxy.Gateway;

/// <summary>Puts the gateway into a host.</summary>
public static class GatewaySetup
{
    /// <summary>
    /// Adds the gateway. The host must also hold what it stands on: the provider catalog, the directory, the session token verifier, the
    /// grant factory, the quota ledger, the owners of objects and a <see cref="TimeProvider"/>.
    /// </summary>
    public static IServiceCollection AddCredentialProxyGateway(this IServiceCollection services, GatewayOptions options, ConnectionOptions connections, TelemetryOptions telemetry)
    {
        services.AddSingleton(options);
        services.AddSingleton(connections);
        services.AddSingleton(telemetry);
        services.AddMetrics();
        services.AddSingleton(provider =>
        {
            var directory = provider.GetRequiredService<IDirectory>();
            return new ModelLabels(() => directory.Prices);
        });
        services.AddSingleton<RequestMeters>();
        services.AddSingleton<SpendingMeters>();
        services.AddSingleton<LimitMeters>();
        services.AddSingleton<ClientAddresses>();
        services.AddSingleton<AddressConnections>();
        services.AddHttpForwarder();
        services.AddSingleton<CorsPolicy>();
        services.AddSingleton<Router>();
        services.AddSingleton<FailedTokens>();
        services.AddSingleton<TokenAuthenticator>();
        services.AddSingleton<Authorizer>();
        services.AddSingleton<Admitter>();
        services.AddSingleton<BodyReader>();
        services.AddSingleton<ManagedBodyInspector>();
        services.AddSingleton<BodyInspector>();
        services.AddSingleton<OwnershipGuard>();
        services.AddSingleton<ObjectRecorder>();
        services.AddSingleton<CredentialPool>();
        services.AddSingleton<Reserver>();
        services.AddSingleton<UpstreamAddresses>();
        services.AddSingleton<UpstreamClients>();
        services.AddSingleton<AnswerMeterFactory>();
        services.AddSingleton<UpstreamTransport>();
        services.AddSingleton<Forwarder>();
        services.AddSingleton<Settler>();
        services.AddSingleton<OpenRequests>();
        services.AddHostedService(provider => provider.GetRequiredService<OpenRequests>());
        services.AddSingleton<TokenFollower>();
        services.AddHostedService(provider => provider.GetRequiredService<TokenFollower>());
        services.AddSingleton<SlowReaders>();
        services.AddSingleton<CurrentGrants>();
        services.AddHostedService<ExhaustedAccounts>();
        services.AddSingleton<RefusalLog>();
        services.AddHostedService(provider => provider.GetRequiredService<RefusalLog>());
        services.AddSingleton<RequestPath>();
        // A request goes on where its bytes were read, which saves it two hand-overs between threads. Safe while nothing on the path blocks, which is a rule of ours.
        services.Configure<SocketTransportOptions>(sockets => sockets.UnsafePreferInlineScheduling = true);
        return services;
    }

    /// <summary>Sets Kestrel up for the gateway: limits of its own, HTTP/1.1 and HTTP/2 on one port.</summary>
    public static void ConfigureGateway(this KestrelServerOptions kestrel, System.Net.IPAddress address, int port, ConnectionOptions options, TimeProvider time)
    {
        kestrel.AddServerHeader = false;
        // A connection shown to Kestrel as h2 still says http in :scheme.
        kestrel.AllowAlternateSchemes = true;
        kestrel.Limits.Apply(options);
        kestrel.Listen(address, port, listener =>
        {
            kestrel.ApplicationServices.GetRequiredService<AddressConnections>().Guard(listener);
            listener.UseHttp2PriorKnowledge(TimeSpan.FromSeconds(options.HeadersTimeoutSeconds), time);
            kestrel.ApplicationServices.GetRequiredService<SlowReaders>().Watch(listener);
        });
    }

    /// <summary>Serves every request by the request path, save <c>GET /health</c>.</summary>
    public static void UseCredentialProxyGateway(this IApplicationBuilder app)
    {
        var path = app.ApplicationServices.GetRequiredService<RequestPath>();
        var readers = app.ApplicationServices.GetRequiredService<SlowReaders>();
        // Nobody else asks for it: it is asked by whoever collects.
        app.ApplicationServices.GetRequiredService<LimitMeters>();
        app.Run(context =>
        {
            // Our own figures say how long requests take, and of whom; http.server.request.duration is the control plane's.
            context.Features.Get<IHttpMetricsTagsFeature>()?.MetricsDisabled = true;
            return context.Request.Path.Equals("/health", StringComparison.Ordinal) && HttpMethods.IsGet(context.Request.Method)
                ? context.Response.WriteAsJsonAsync(new { status = "ok", service = "gateway" }, context.RequestAborted)
                : readers.ServeAsync(context, path.InvokeAsync);
        });
    }
}
