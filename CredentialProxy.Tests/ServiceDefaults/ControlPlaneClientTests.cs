using System.Net;
using CredentialProxy.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Tests.ServiceDefaults;

/// <summary>Calls within the control plane, which alone may be made twice.</summary>
public sealed class ControlPlaneClientTests
{
    [Fact]
    public async Task Its_service_is_found_by_name_and_asked_again_when_it_is_unavailable_for_a_moment()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var service = builder.Build();
        var calls = 0;
        service.MapGet("/keys", () => Interlocked.Increment(ref calls) == 1 ? Results.StatusCode(503) : Results.Text("found"));
        service.MapGet("/moved", () => Results.Redirect("/keys"));
        await service.StartAsync(TestContext.Current.CancellationToken);
        var services = new ServiceCollection().AddLogging()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new("services:admin:http:0", service.Urls.Single())]).Build());
        services.AddControlPlaneClient("control");
        await using var parts = services.BuildServiceProvider();
        using var client = parts.GetRequiredService<IHttpClientFactory>().CreateClient("control");

        Assert.Equal("found", await client.GetStringAsync(new Uri("http://admin/keys"), TestContext.Current.CancellationToken));

        Assert.Equal(2, calls);
        // Where a service sends it to is not followed: it could be anywhere.
        using var moved = await client.GetAsync(new Uri("http://admin/moved"), TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.Redirect, 2), (moved.StatusCode, calls));
    }
}
