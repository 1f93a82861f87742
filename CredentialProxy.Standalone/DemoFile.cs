using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredentialProxy.Standalone;

/// <summary>What a demo run tells scripts. Its field names are relied on.</summary>
internal sealed record DemoFile(
    [property: JsonPropertyName("gateway")] string Gateway,
    [property: JsonPropertyName("control")] string Control,
    [property: JsonPropertyName("mock")] string Mock,
    [property: JsonPropertyName("adminKey")] string AdminKey,
    [property: JsonPropertyName("projectId")] string ProjectId,
    [property: JsonPropertyName("sessionToken")] string SessionToken,
    [property: JsonPropertyName("proxyToken")] string ProxyToken)
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };

    /// <summary>Writes it, readable for its owner alone.</summary>
    public Task WriteAsync(string path, CancellationToken cancellationToken) =>
        DataDirectory.WritePrivateAsync(path, JsonSerializer.Serialize(this, Format) + "\n", cancellationToken);
}
