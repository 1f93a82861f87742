using System.Text.Json;
using System.Text.Json.Serialization;
using CredentialProxy.Admin.Api;
using CredentialProxy.Admin.Api.Credentials;
using CredentialProxy.Admin.Api.Keys;
using CredentialProxy.Admin.Api.Prices;
using CredentialProxy.Admin.Api.Projects;
using CredentialProxy.Admin.Api.Quotes;
using CredentialProxy.Admin.Api.Tokens;
using CredentialProxy.Admin.Api.Usage;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Changing;
using CredentialProxy.Admin.Describing;
using CredentialProxy.Admin.Issuing;
using CredentialProxy.Admin.Keeping;
using CredentialProxy.Admin.Probing;
using CredentialProxy.Admin.Quoting;
using CredentialProxy.Admin.Recording;
using CredentialProxy.Core.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CredentialProxy.Admin;

/// <summary>Puts the control plane into a host.</summary>
public static class AdminSetup
{
    private const long MaxBodyBytes = 256 * 1024;

    /// <summary>
    /// Adds the control plane. The host must also hold what it stands on: the storage context's factory, the directory and its updater, the quota authority, the owners of objects, the usage reader, the vault, the provider
    /// catalog, the grant factory, minter and verifiers of tokens, their settings, a <see cref="SettlementBarrier"/> and a <see cref="TimeProvider"/>.
    /// </summary>
    public static IServiceCollection AddCredentialProxyAdmin(this IServiceCollection services, AdminOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<FailureThrottle>();
        services.AddSingleton<AdminKeys>();
        services.AddSingleton<AdminAuthenticator>();
        services.AddAdminSchemes();
        services.AddSingleton<OwnTokens>();
        services.AddSingleton<AdminGate>();
        services.AddSingleton<Repeats>();
        services.AddSingleton<Creations>();
        services.AddSingleton<ObjectChanges>();
        services.AddSingleton<TokensApi>();
        services.AddSingleton<TokenList>();
        services.AddSingleton<ProjectsApi>();
        services.AddSingleton<CredentialsApi>();
        services.AddSingleton<CredentialList>();
        services.AddSingleton<AdminKeysApi>();
        services.AddSingleton<TokenSigners>();
        services.AddSingleton<SigningKeysApi>();
        services.AddHostedService<SigningKeyKeeper>();
        services.AddHostedService<HistoryKeeper>();
        services.AddSingleton<AuditApi>();
        services.AddSingleton<LimitsApi>();
        services.AddSingleton<CredentialProbe>();
        services.AddSingleton<CredentialTestApi>();
        // Unless the store knows better.
        services.TryAddSingleton<IRecordTimes, AnyTime>();
        services.AddSingleton<UsageRecordList>();
        services.AddSingleton<UsageRecordsApi>();
        services.AddSingleton<PricesApi>();
        services.AddSingleton<PricesInForce>();
        services.AddSingleton<Router>();
        services.AddSingleton<QuotedGrants>();
        services.AddSingleton<QuotedLimits>();
        services.AddSingleton<Quoter>();
        services.AddSingleton<QuoteApi>();
        services.AddSingleton<ObjectsApi>();
        services.AddSingleton<UsageApi>();
        services.AddSingleton<SessionTokensApi>();
        services.AddProblemDetails();
        services.AddApiDescription();
        services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(json =>
        {
            // A field that we don't know is a misspelt one, or a hope to set what can't be set.
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.AllowDuplicateProperties = false;
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
            json.SerializerOptions.PropertyNameCaseInsensitive = false;
        });
        return services;
    }

    /// <summary>Sets Kestrel up for the control plane.</summary>
    public static void ConfigureAdmin(this KestrelServerOptions kestrel, System.Net.IPAddress address, int port)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        kestrel.Listen(address, port);
    }

    /// <summary>Maps the control plane.</summary>
    public static void MapCredentialProxyAdmin(this WebApplication app)
    {
        app.Use((context, next) => context.RequestServices.GetRequiredService<AdminGate>().InvokeAsync(context, next));
        app.MapGet("/health", () => Results.Ok(new { status = "ok", service = "control" })).WithTags("Health").AllowEverybody();
        app.MapApiDescription();
        TokenRoutes.Map(app);
        ProjectsApi.Map(app);
        CredentialsApi.Map(app);
        ObjectsApi.Map(app);
        UsageApi.Map(app);
        SessionTokensApi.Map(app);
        AdminKeysApi.Map(app);
        SigningKeysApi.Map(app);
        PublishedKeys.Map(app);
        AuditApi.Map(app);
        LimitsApi.Map(app);
        CredentialTestApi.Map(app);
        UsageRecordsApi.Map(app);
        PricesApi.Map(app);
        QuoteApi.Map(app);
    }
}
