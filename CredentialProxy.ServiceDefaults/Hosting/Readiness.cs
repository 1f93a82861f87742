using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CredentialProxy.ServiceDefaults.Hosting;

/// <summary>Whether a program can serve, in words. It can't from the moment on that it was asked to stop, though it still does for a while.</summary>
/// <param name="trouble">What keeps it from serving; null for nothing.</param>
public sealed class Readiness(Func<CancellationToken, ValueTask<string?>> trouble) : IHealthCheck
{
    private volatile bool _isStopping;

    /// <summary>From now on it is not ready.</summary>
    public void Stop() => _isStopping = true;

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        (_isStopping ? "it is stopping" : await trouble(cancellationToken)) is { } words ? HealthCheckResult.Unhealthy(words) : HealthCheckResult.Healthy();

    /// <summary>Adds it to a host.</summary>
    public void AddTo(IServiceCollection services) => services.AddHealthChecks().AddCheck("ready", this);

    /// <summary>
    /// Answers <c>/alive</c> (the process runs) and <c>/ready</c> (it can serve, or why not), before anything else of the application. Every request that comes when it is not ready any more ends its
    /// connection, so that the next one goes elsewhere: HTTP/1.1 answers <c>Connection: close</c>, HTTP/2 sends GOAWAY and goes on with what has begun.
    /// </summary>
    public void Use(IApplicationBuilder app)
    {
        app.Use(next => context =>
        {
            if (_isStopping)
            {
                context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
            }
            return next(context);
        });
        app.UseHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Tags.Contains("live") });
        app.UseHealthChecks("/ready", new HealthCheckOptions { ResponseWriter = WriteAsync });
    }

    // Names and words of our own alone: an exception could hold what is nobody's business.
    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(new
        {
            status = report.Status.ToString().ToLowerInvariant(),
            checks = report.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Description ?? entry.Value.Status.ToString().ToLowerInvariant()),
        }));
    }
}
