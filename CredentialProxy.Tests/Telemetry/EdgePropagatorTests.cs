using System.Diagnostics;
using CredentialProxy.ServiceDefaults.Telemetry;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>What is taken of a client's trace context.</summary>
public sealed class EdgePropagatorTests
{
    private const string Whole = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Theory]
    [InlineData(ClientTraceContext.Continue, Whole, Whole)]
    [InlineData(ClientTraceContext.Link, Whole, null)]
    [InlineData(ClientTraceContext.Ignore, Whole, null)]
    [InlineData(ClientTraceContext.Continue, null, null)]
    [InlineData(ClientTraceContext.Continue, "", null)]
    [InlineData(ClientTraceContext.Continue, "|hierarchical.1.", null)]
    [InlineData(ClientTraceContext.Continue, "00-00000000000000000000000000000000-b7ad6b7169203331-01", null)]
    [InlineData(ClientTraceContext.Continue, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", null)]
    [InlineData(ClientTraceContext.Continue, "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01", null)]
    public void The_trace_is_taken_where_it_is_whole_and_the_setting_allows(ClientTraceContext policy, string? header, string? taken) =>
        Assert.Equal(taken, Take(policy, header).TraceId);

    [Fact]
    public void A_header_of_any_length_makes_nothing_of_any_length() => Assert.Null(Take(ClientTraceContext.Continue, Whole + new string('-', 10_000)).TraceId);

    [Fact]
    public void State_and_baggage_are_never_taken() => Assert.Equal((null, null), (Take(ClientTraceContext.Continue, Whole).State, Take(ClientTraceContext.Continue, Whole).Baggage));

    [Fact]
    public void Nothing_is_put_into_a_request()
    {
        using var activity = new Activity("any").Start();
        new EdgePropagator(ClientTraceContext.Continue).Inject(activity, new object(), (_, name, _) => Assert.Fail(name));
    }

    private static (string? TraceId, string? State, IEnumerable<KeyValuePair<string, string?>>? Baggage) Take(ClientTraceContext policy, string? header)
    {
        void Get(object? carrier, string name, out string? value, out IEnumerable<string>? values) => (value, values) = (name == "traceparent" ? header : "vendor=x", null);

        var propagator = new EdgePropagator(policy);
        propagator.ExtractTraceIdAndState(null, Get, out var traceId, out var state);
        return (traceId, state, propagator.ExtractBaggage(null, Get));
    }
}
