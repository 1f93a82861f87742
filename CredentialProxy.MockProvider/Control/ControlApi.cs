using System.Text.Json;
using CredentialProxy.MockProvider.Capturing;
using CredentialProxy.MockProvider.Faults;

namespace CredentialProxy.MockProvider.Control;

/// <summary>How tests look into the mock and have it fail: <c>/__captured</c>, <c>/__usage</c>, <c>/__underway</c>, <c>/__faults</c>, <c>/__gates</c>. None of these calls is captured itself.</summary>
internal static class ControlApi
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow };

    public static void Map(WebApplication app)
    {
        app.MapGet("/__captured", (CapturedRequests captured, bool? bodies) => captured.All().Select(request => bodies == true ? request : request with { Body = null }));
        app.MapDelete("/__captured", (CapturedRequests captured) => Cleared(captured.Clear));
        app.MapGet("/__usage", (ProducedUsage usage) => usage.All());
        app.MapDelete("/__usage", (ProducedUsage usage) => Cleared(usage.Clear));
        app.MapGet("/__underway", (UnderWay underWay) => underWay.All());
        app.MapDelete("/__underway", (UnderWay underWay) => Cleared(underWay.Clear));
        app.MapGet("/__faults", (FaultStore faults) => faults.All());
        app.MapDelete("/__faults", (FaultStore faults) => Cleared(faults.Clear));
        app.MapPut("/__faults", PutAsync);
        app.MapPost("/__gates/{name}", (Gates gates, string name, int? chunks) => Cleared(() => gates.Open(name, chunks ?? 1)));
        app.MapGet("/health", () => new { status = "ok" });
    }

    private static IResult Cleared(Action clear)
    {
        clear();
        return Results.NoContent();
    }

    private static async Task<IResult> PutAsync(HttpRequest request, FaultStore faults)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(request.Body);
            var root = document.RootElement;
            var rules = root.ValueKind == JsonValueKind.Array ? root.Deserialize<FaultRule[]>(Format)! : [root.Deserialize<FaultRule>(Format)!];
            if (rules.Any(rule => rule.Times < 1))
            {
                return Results.BadRequest(new { error = "'times' must be at least 1" });
            }
            foreach (var rule in rules)
            {
                faults.Add(rule);
            }
            return Results.NoContent();
        }
        catch (JsonException e)
        {
            return Results.BadRequest(new { error = $"A fault is {{\"times\":n,\"match\":{{\"path\",\"method\"}},\"fault\":{{…}}}}: {e.Message}" });
        }
    }
}
