using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CredentialProxy.Admin.Authorizing;

/// <summary>The ways in which a caller of the control plane proves itself, as ASP.NET Core's authentication schemes.</summary>
internal static class AdminSchemes
{
    /// <summary>By an admin key.</summary>
    public const string Key = "admin-key";

    /// <summary>By an admin JWT, proved by ASP.NET Core's JwtBearer with our rules.</summary>
    public const string Jwt = "admin-jwt";

    /// <summary>Adds them. Not with <c>AddAuthentication</c>, which would make a second key ring, in the home directory.</summary>
    public static IServiceCollection AddAdminSchemes(this IServiceCollection services)
    {
        services.AddAuthenticationCore();
        services.AddWebEncoders();
        // Who failed is answered and throttled. A line with a stack for each would be a flood that anybody can send.
        services.AddLogging(static logging => logging.AddFilter("Microsoft.AspNetCore.Authentication", LogLevel.Warning));
        services.TryAddSingleton<IAuthenticationConfigurationProvider, NoConfiguration>();
        services.AddSingleton<AdminTokenHandler>();
        services.AddOptions<JwtBearerOptions>(Jwt).Configure<AdminTokenHandler>(static (options, handler) =>
        {
            options.MapInboundClaims = false;
            options.SaveToken = false;
            options.TokenHandlers.Clear();
            options.TokenHandlers.Add(handler);
        });
        new AuthenticationBuilder(services).AddJwtBearer(Jwt, static _ => { }).AddScheme<AuthenticationSchemeOptions, AdminKeyHandler>(Key, static _ => { });
        return services;
    }

    // Settings of schemes would be read at "Authentication:Schemes"; ours are read in one place, and strictly.
    private sealed class NoConfiguration : IAuthenticationConfigurationProvider
    {
        public IConfiguration AuthenticationConfiguration { get; } = new ConfigurationBuilder().Build();
    }
}
