using System.Diagnostics.Metrics;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Gateway.Measuring;
using CredentialProxy.ServiceDefaults.Telemetry;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>Meters to which nobody need listen, for tests of something else.</summary>
internal sealed class Unheard : IMeterFactory
{
    public static SpendingMeters SpendingMeters(PriceTable prices) => new(new Unheard(), new ModelLabels(() => prices), new TelemetryOptions());

    public Meter Create(MeterOptions options) => new(options);

    public void Dispose()
    {
    }
}
