using System.Globalization;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>A span as a collector gets it (https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto).</summary>
internal sealed record ExportedSpan(string Service, string Source, string Name, string TraceId, string Id, string ParentId, int Kind, bool IsError, ulong Start, ulong End, Dictionary<string, string> Attributes, IReadOnlyList<string> Links)
{
    public const int Server = 2;
    public const int Client = 3;

    /// <summary>Those of a request to a collector.</summary>
    public static IEnumerable<ExportedSpan> Read(byte[] request) =>
        from resource in new WireMessage(request).Messages(1)
        let service = AttributesOf(resource.Messages(1).Single(), 1).GetValueOrDefault("service.name", "")
        from scope in resource.Messages(2)
        from span in scope.Messages(2)
        select new ExportedSpan(
            service, scope.Messages(1).Single().Text(1), span.Text(5), span.Hex(1), span.Hex(2), span.Hex(4), (int)span.Number(6), span.Messages(15).Any(status => status.Number(3) == 2),
            span.Number(7), span.Number(8), AttributesOf(span, 9), [.. span.Messages(13).Select(link => $"{link.Hex(1)}-{link.Hex(2)}")]);

    /// <summary>Attributes of a message, as text.</summary>
    public static Dictionary<string, string> AttributesOf(WireMessage message, int field) => message.Messages(field).ToDictionary(entry => entry.Text(1), entry => ValueOf(entry.Messages(2).Single()));

    private static string ValueOf(WireMessage value) => value switch
    {
        _ when value.Has(1) => value.Text(1),
        _ when value.Has(2) => value.Number(2) == 1 ? "true" : "false",
        _ when value.Has(3) => ((long)value.Number(3)).ToString(CultureInfo.InvariantCulture),
        _ when value.Has(4) => BitConverter.UInt64BitsToDouble(value.Number(4)).ToString("R", CultureInfo.InvariantCulture),
        _ => "",
    };
}
