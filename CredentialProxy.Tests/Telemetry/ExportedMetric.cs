namespace CredentialProxy.Tests.Telemetry;

/// <summary>A metric as a collector gets it (https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto).</summary>
internal sealed record ExportedMetric(string Name, string Unit, IReadOnlyList<Dictionary<string, string>> Points)
{
    /// <summary>Those of a request to a collector. A gauge or a sum has its points' attributes in field 7, a histogram in field 9.</summary>
    public static IEnumerable<ExportedMetric> Read(byte[] request) =>
        from resource in new WireMessage(request).Messages(1)
        from scope in resource.Messages(2)
        from metric in scope.Messages(2)
        let numbers = metric.Messages(5).Concat(metric.Messages(7)).SelectMany(data => data.Messages(1)).Select(point => ExportedSpan.AttributesOf(point, 7))
        let histograms = metric.Messages(9).SelectMany(data => data.Messages(1)).Select(point => ExportedSpan.AttributesOf(point, 9))
        select new ExportedMetric(metric.Text(1), metric.Text(3), [.. numbers, .. histograms]);
}
