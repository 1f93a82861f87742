using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredentialProxy.Standalone;

/// <summary>What a demo run tells scripts. Its field names are relied on.</summary>
internal sealed record DemoFile
{
    [JsonPropertyName("gateway")]
    public required string Gateway { get; init; }

    [JsonPropertyName("control")]
    public required string Control { get; init; }

    [JsonPropertyName("mock")]
    public required string Mock { get; init; }

    [JsonPropertyName("adminKey")]
    public required string AdminKey { get; init; }

    [JsonPropertyName("projectId")]
    public required string ProjectId { get; init; }

    [JsonPropertyName("sessionToken")]
    public required string SessionToken { get; init; }

    [JsonPropertyName("proxyToken")]
    public required string ProxyToken { get; init; }

    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };

    /// <summary>Writes it, readable for its owner alone.</summary>
    public Task WriteAsync(string path, CancellationToken cancellationToken) =>
        DataDirectory.WritePrivateAsync(path, JsonSerializer.Serialize(this, Format) + "\n", cancellationToken);
}
