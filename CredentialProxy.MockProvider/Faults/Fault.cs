using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredentialProxy.MockProvider.Faults;

/// <summary>What goes wrong with an answer. Any of these may come together.</summary>
internal sealed record Fault
{
    /// <summary>Answer with this status and an error of the provider's shape.</summary>
    public int? Status { get; init; }

    /// <summary>A <c>Retry-After</c> header, in seconds.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>A body in place of the provider's error.</summary>
    public string? Body { get; init; }

    /// <summary>Answer with this text in place of what a model would say: as events where it begins with <c>data:</c> or <c>event:</c>, else as JSON.</summary>
    public string? Answer { get; init; }

    /// <summary>Wait before the first byte, in milliseconds.</summary>
    public int DelayMs { get; init; }

    /// <summary>Wait before each chunk but the first, in milliseconds.</summary>
    public int ChunkDelayMs { get; init; }

    /// <summary>Think before the first text: produce what is reasoned at so many tokens a second, and send nothing meanwhile. 0 has it produced in no time.</summary>
    public int ReasoningPerSecond { get; init; }

    /// <summary>Wait at this gate before each chunk but the first, and before the connection is broken, until <c>POST /__gates/{name}?chunks=n</c> lets it pass.</summary>
    public string? Gate { get; init; }

    /// <summary>Break the connection after this many chunks.</summary>
    public int? CutAfterChunks { get; init; }

    /// <summary>Send the body at this many bytes a second.</summary>
    public int? BytesPerSecond { get; init; }

    /// <summary>Refuse as OpenAI does for a country it does not serve.</summary>
    public bool Geo403 { get; init; }

    /// <summary><c>gzip</c>, <c>br</c> or <c>deflate</c>; any other name is claimed without being done.</summary>
    public string? Encoding { get; init; }

    /// <summary>Put a text of this many bytes into the answer.</summary>
    public int HugeBytes { get; init; }

    /// <summary>Send something that is neither JSON nor events.</summary>
    public bool Malformed { get; init; }

    /// <summary>Redirect to this address, with the status or 302.</summary>
    public string? Location { get; init; }

    /// <summary>Say nothing of usage.</summary>
    public bool MissingUsage { get; init; }

    /// <summary>Tell the usage of a stream of chat completions in so many events, each with more of it than the one before, as if it were counted on the way.</summary>
    public int? UsageEvents { get; init; }

    /// <summary>Claim this usage in place of the real one.</summary>
    public long? ClaimInput { get; init; }

    /// <summary>Claim this usage in place of the real one.</summary>
    public long? ClaimOutput { get; init; }

    /// <summary>Show the presented key in the error.</summary>
    public bool EchoKey { get; init; }

    /// <summary>Break the connection before any byte.</summary>
    public bool Reset { get; init; }

    /// <summary>Say nothing until the client leaves.</summary>
    public bool Hang { get; init; }

    /// <summary>Further headers.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>No fault.</summary>
    public static Fault None { get; } = new();

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    /// <summary>Reads a fault: as JSON, or shortly as <c>status=500;delayMs=200</c>.</summary>
    /// <exception cref="FormatException">It is neither; the message says why.</exception>
    public static Fault Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Fault>(text.TrimStart().StartsWith('{') ? text : ToJson(text), Format) ?? None;
        }
        catch (JsonException e)
        {
            throw new FormatException($"Not a fault: {e.Message}", e);
        }
    }

    private static string ToJson(string text)
    {
        var members = text.Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(pair =>
        {
            var parts = pair.Split('=', 2);
            var value = parts.Length == 1 ? "true" : parts[1];
            var isLiteral = value is "true" or "false" || long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _);
            return $"{JsonSerializer.Serialize(parts[0])}:{(isLiteral ? value : JsonSerializer.Serialize(value))}";
        });
        return "{" + string.Join(',', members) + "}";
    }
}
