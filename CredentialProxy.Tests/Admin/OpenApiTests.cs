using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Admin;

/// <summary>The OpenAPI document has what others rely on: without a key, every route, every field.</summary>
public sealed class OpenApiTests(Product product) : IClassFixture<Product>
{
    [Theory]
    [InlineData("/api/tokens", "get", "post")]
    [InlineData("/api/tokens/{id}", "get", "patch", "delete")]
    [InlineData("/api/tokens/{id}/revoke", "post")]
    [InlineData("/api/session-tokens", "post")]
    [InlineData("/api/session-tokens/verify", "post")]
    [InlineData("/api/projects", "get", "post")]
    [InlineData("/api/projects/{id}", "get", "patch", "delete")]
    [InlineData("/api/credentials", "get", "post")]
    [InlineData("/api/credentials/{id}", "get", "patch", "delete")]
    [InlineData("/api/admin-keys", "get", "post")]
    [InlineData("/api/admin-keys/{id}", "get", "delete")]
    [InlineData("/api/admin-keys/{id}/revoke", "post")]
    [InlineData("/api/prices", "get", "post")]
    [InlineData("/api/prices/{id}", "get", "put", "delete")]
    [InlineData("/api/audit", "get")]
    [InlineData("/api/usage", "get")]
    [InlineData("/usage", "get")]
    public async Task A_route_is_described_with_its_methods(string path, params string[] methods) =>
        Assert.Equal(methods.Order(StringComparer.Ordinal), (await DocumentAsync())["paths"]![path]!.AsObject().Select(operation => operation.Key).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("TokenRequest", "kind", "label", "project", "providers", "models", "endpoints", "features", "limits", "expiresAt", "ttlSeconds", "cidrs", "origins", "credential", "token", "status")]
    [InlineData("TokenDocument", "id", "token", "kind", "status", "label", "lastFour", "project", "credential", "providers", "models", "endpoints", "features", "limits", "cidrs", "origins", "mintedBy", "createdAt", "expiresAt", "lastUsedAt")]
    [InlineData("LimitState", "unit", "limit", "window", "spent", "reserved", "remaining")]
    [InlineData("UsageAnswer", "totals", "groups")]
    [InlineData("UsageDocument", "key", "requests", "inputTokens", "outputTokens", "cachedInputTokens", "cacheWriteTokens", "reasoningTokens", "usd")]
    [InlineData("MintRequest", "sub", "provider", "credentialId", "budget", "ttlSeconds")]
    public async Task A_schema_has_the_fields_of_the_contract(string schema, params string[] fields) =>
        Assert.Equal(fields.Order(StringComparer.Ordinal), (await DocumentAsync())["components"]!["schemas"]![schema]!["properties"]!.AsObject().Select(property => property.Key).Order(StringComparer.Ordinal));

    [Fact]
    public async Task The_questions_about_usage_have_the_parameters_of_the_contract() => Assert.Equal(
        new[] { "token", "project", "credential", "model", "provider", "from", "to", "groupBy" }.Order(StringComparer.OrdinalIgnoreCase),
        (await DocumentAsync())["paths"]!["/api/usage"]!["get"]!["parameters"]!.AsArray().Select(parameter => (string)parameter!["name"]!).Order(StringComparer.OrdinalIgnoreCase),
        StringComparer.OrdinalIgnoreCase);

    // Nobody needs a key to read it.
    private async Task<JsonNode> DocumentAsync() => JsonNode.Parse(await product.Client.GetStringAsync(new Uri(product.Control, "/openapi/v1.json")))!;
}
