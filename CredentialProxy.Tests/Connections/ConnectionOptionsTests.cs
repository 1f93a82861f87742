using System.ComponentModel.DataAnnotations;
using CredentialProxy.Gateway.Connections;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.Tests.Running;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CredentialProxy.Tests.Connections;

public sealed class ConnectionOptionsTests
{
    [Fact]
    public void The_defaults_are_valid()
    {
        var options = new ConnectionOptions();
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
    }

    [Theory]
    [InlineData("Connections:MaxHeaders", "0")]
    [InlineData("Connections:SlowGraceSeconds", "1")]
    [InlineData("Connections:MaxUnreadRequestBytes", "1024")]
    [InlineData("Connections:TrustedProxies:0", "everyone")]
    [InlineData("Connections:TrustedProxies:0", "10.0.0.0/33")]
    [InlineData("Connections:TrustedProxies:0", "1")]
    [InlineData("Gateway:MaxOpenRequests", "0")]
    [InlineData("Gateway:MaxHeldBytes", "1")]
    public async Task A_setting_that_makes_no_sense_stops_the_start(string name, string value)
    {
        await using var product = new Product().With(name, value);
        var error = await Assert.ThrowsAsync<StartupException>(async () => await product.InitializeAsync());
        Assert.Contains(name.Split(':')[1], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_arrives_where_the_server_reads_it()
    {
        var limits = new KestrelServerLimits();
        var options = new ConnectionOptions
        {
            MaxConnections = 11,
            MaxRequestLineBytes = 1_201,
            MaxHeaders = 13,
            MaxHeaderBytes = 14_001,
            HeadersTimeoutSeconds = 15,
            KeepAliveTimeoutSeconds = 16,
            MinRequestBytesPerSecond = 17,
            MinResponseBytesPerSecond = 18,
            SlowGraceSeconds = 19,
            MaxUnreadRequestBytes = 600_020,
            MaxUnreadResponseBytes = 21_000,
            MaxStreamsPerConnection = 22,
            HeaderTableBytes = 23,
            MaxFrameBytes = 24_000,
            ConnectionWindowBytes = 250_000,
            StreamWindowBytes = 260_000,
            PingAfterSeconds = 27,
        };
        limits.Apply(options);
        Assert.Equal((11L, 1_201, 13, 14_001), (limits.MaxConcurrentConnections, limits.MaxRequestLineSize, limits.MaxRequestHeaderCount, limits.MaxRequestHeadersTotalSize));
        Assert.Equal((15, 16), (limits.RequestHeadersTimeout.TotalSeconds, limits.KeepAliveTimeout.TotalSeconds));
        Assert.Equal((17, 19), (limits.MinRequestBodyDataRate!.BytesPerSecond, limits.MinRequestBodyDataRate.GracePeriod.TotalSeconds));
        Assert.Equal((18, 19), (limits.MinResponseDataRate!.BytesPerSecond, limits.MinResponseDataRate.GracePeriod.TotalSeconds));
        Assert.Equal((600_020, 21_000), (limits.MaxRequestBufferSize, limits.MaxResponseBufferSize));
        Assert.Equal((22, 23, 24_000, 14_001), (limits.Http2.MaxStreamsPerConnection, limits.Http2.HeaderTableSize, limits.Http2.MaxFrameSize, limits.Http2.MaxRequestHeaderFieldSize));
        Assert.Equal((250_000, 260_000, 27), (limits.Http2.InitialConnectionWindowSize, limits.Http2.InitialStreamWindowSize, limits.Http2.KeepAlivePingDelay.TotalSeconds));
    }

    [Fact]
    public void A_rate_of_nothing_is_no_bound()
    {
        var limits = new KestrelServerLimits();
        limits.Apply(new ConnectionOptions { MinRequestBytesPerSecond = 0, MinResponseBytesPerSecond = 0 });
        Assert.Null(limits.MinRequestBodyDataRate);
        Assert.Null(limits.MinResponseDataRate);
    }
}
