using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using CredentialProxy.ServiceDefaults.Configuration;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Trace;

namespace CredentialProxy.ServiceDefaults.Telemetry;

/// <summary>
/// Decides which requests are traced. Spans within a request follow it. A client's own decision counts only where an operator says so: anyone who has a token may write <c>sampled</c> into a header,
/// and a trace id that a ratio of trace ids would let through.
/// </summary>
internal sealed class EdgeSampler(double ratio, bool trustsClients) : Sampler
{
    private const string Allowed = "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off or parentbased_traceidratio";

    private long _state = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))); // interlocked

    /// <summary>Reads the standard variables, else our setting.</summary>
    /// <exception cref="StartupException">One is wrong.</exception>
    public static EdgeSampler Read(IConfiguration configuration, TelemetryOptions options) => new(ReadRatio(configuration, options), options.TrustClientSampling);

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        var parent = samplingParameters.ParentContext;
        if (parent.TraceId != default && (!parent.IsRemote || trustsClients))
        {
            return Result((parent.TraceFlags & ActivityTraceFlags.Recorded) != 0);
        }
        // What links to traced requests, as their recording does, belongs to their traces.
        foreach (var link in samplingParameters.Links ?? [])
        {
            if ((link.Context.TraceFlags & ActivityTraceFlags.Recorded) != 0)
            {
                return Result(true);
            }
        }
        return Result(ratio >= 1 || (ratio > 0 && Draw() < ratio));
    }

    // SplitMix64 (https://doi.org/10.1145/2714064.2660195), whose state is a counter, so that many threads may draw. From 0 to 1.
    private double Draw()
    {
        var mixed = (ulong)Interlocked.Add(ref _state, unchecked((long)0x9E3779B97F4A7C15));
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return ((mixed ^ (mixed >> 31)) >> 11) / (double)(1UL << 53);
    }

    private static SamplingResult Result(bool isSampled) => new(isSampled ? SamplingDecision.RecordAndSample : SamplingDecision.Drop);

    private static double ReadRatio(IConfiguration configuration, TelemetryOptions options) => configuration["OTEL_TRACES_SAMPLER"]?.Trim() switch
    {
        null or "" => options.SampleRatio,
        "always_on" or "parentbased_always_on" => 1,
        "always_off" or "parentbased_always_off" => 0,
        "traceidratio" or "parentbased_traceidratio" => ReadArgument(configuration["OTEL_TRACES_SAMPLER_ARG"]),
        _ => throw new StartupException($"The setting OTEL_TRACES_SAMPLER is not valid: it must be {Allowed}."),
    };

    private static double ReadArgument(string? text) => string.IsNullOrWhiteSpace(text)
        ? 1
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 1
            ? value
            : throw new StartupException("The setting OTEL_TRACES_SAMPLER_ARG is not valid: it must be a number from 0 to 1.");
}
