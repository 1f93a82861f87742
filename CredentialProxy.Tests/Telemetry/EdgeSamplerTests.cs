using System.Diagnostics;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.Telemetry;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Trace;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>Which requests are traced.</summary>
public sealed class EdgeSamplerTests
{
    [Theory]
    [InlineData(0, false, false)]
    [InlineData(1, false, true)]
    [InlineData(0, true, true)]
    public void What_a_client_says_counts_only_where_it_is_trusted(double ratio, bool trusts, bool isSampled)
    {
        var sampler = new EdgeSampler(ratio, trusts);
        Assert.Equal(isSampled, IsSampled(sampler, Context(isRemote: true, ActivityTraceFlags.Recorded)));
        Assert.Equal(ratio > 0 && !trusts, IsSampled(sampler, Context(isRemote: true, ActivityTraceFlags.None)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_span_within_a_request_follows_it(double ratio)
    {
        var sampler = new EdgeSampler(ratio, trustsClients: false);
        Assert.True(IsSampled(sampler, Context(isRemote: false, ActivityTraceFlags.Recorded)));
        Assert.False(IsSampled(sampler, Context(isRemote: false, ActivityTraceFlags.None)));
    }

    [Fact]
    public void A_part_is_drawn_though_all_have_the_trace_id_that_a_client_chose()
    {
        var sampler = new EdgeSampler(0.25, trustsClients: false);
        var chosen = Context(isRemote: true, ActivityTraceFlags.Recorded);
        // Of 10,000 draws the deviation is 43: twelve of them either way.
        Assert.InRange(Enumerable.Range(0, 10_000).Count(_ => IsSampled(sampler, chosen)), 2_000, 3_000);
    }

    [Fact]
    public void What_links_to_traced_requests_is_traced()
    {
        var sampler = new EdgeSampler(0, trustsClients: false);
        Assert.True(IsSampled(sampler, default, new ActivityLink(Context(isRemote: true, ActivityTraceFlags.Recorded))));
        Assert.False(IsSampled(sampler, default, new ActivityLink(Context(isRemote: true, ActivityTraceFlags.None))));
    }

    [Theory]
    [InlineData("always_on", null, true)]
    [InlineData("parentbased_always_off", null, false)]
    [InlineData("traceidratio", "0", false)]
    [InlineData("parentbased_traceidratio", "1", true)]
    [InlineData("", null, false)]
    public void The_standard_variables_go_before_the_setting(string name, string? argument, bool isSampled) =>
        Assert.Equal(isSampled, IsSampled(Read(name, argument), default));

    [Theory]
    [InlineData("sometimes", null, "The setting OTEL_TRACES_SAMPLER is not valid: it must be always_on, always_off, traceidratio, ")]
    [InlineData("traceidratio", "2", "The setting OTEL_TRACES_SAMPLER_ARG is not valid: it must be a number from 0 to 1.")]
    public void A_wrong_one_is_named(string name, string? argument, string message) =>
        Assert.StartsWith(message, Assert.Throws<StartupException>(() => Read(name, argument)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_wrong_policy_is_named_with_those_that_there_are()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Telemetry:ClientTraceContext", "7")]).Build();
        Assert.Equal(
            "The setting Telemetry:ClientTraceContext is not valid: it must be one of Continue, Link, Ignore.",
            Assert.Throws<StartupException>(() => ProcessTelemetry.Start(configuration)).Message);
    }

    private static EdgeSampler Read(string name, string? argument) =>
        EdgeSampler.Read(new ConfigurationBuilder().AddInMemoryCollection([new("OTEL_TRACES_SAMPLER", name), new("OTEL_TRACES_SAMPLER_ARG", argument)]).Build(), new TelemetryOptions { SampleRatio = 0 });

    private static ActivityContext Context(bool isRemote, ActivityTraceFlags flags) => new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags, isRemote: isRemote);

    private static bool IsSampled(EdgeSampler sampler, ActivityContext parent, params ActivityLink[] links) =>
        sampler.ShouldSample(new SamplingParameters(parent, ActivityTraceId.CreateRandom(), "span", ActivityKind.Server, null, links)).Decision == SamplingDecision.RecordAndSample;
}
