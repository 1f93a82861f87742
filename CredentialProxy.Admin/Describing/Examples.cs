using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace CredentialProxy.Admin.Describing;

/// <summary>An example of each request that is sent, by the name of its schema. A test sends them all.</summary>
internal static class Examples
{
    /// <summary>The examples.</summary>
    public static IReadOnlyDictionary<string, string> BySchema { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["TokenRequest"] = """{"kind":"proxy","label":"build agent","providers":["openai"],"models":["gpt-4o*"],"limits":[{"unit":"usd","limit":5,"window":"day"}],"ttlSeconds":86400}""",
        ["ProjectRequest"] = """{"name":"hackathon","limits":[{"unit":"usd","limit":500,"window":"month"}],"tokenLimits":[{"unit":"usd","limit":5,"window":"lifetime"}]}""",
        ["CredentialRequest"] = """{"provider":"openai","label":"team key","secret":"sk-the-provider-s-key"}""",
        ["PriceRequest"] = """{"provider":"openai","match":["gpt-4o","gpt-4o-2024-11-20"],"input":2.25,"cachedInput":1.125,"output":9,"context":128000,"maxOutput":16384,"factors":{"priority":1.7},"source":"our contract"}""",
        ["AdminKeyRequest"] = """{"label":"the CI","role":"minter","ceilings":{"providers":["openai"],"models":["gpt-4o*"],"limits":[{"unit":"usd","limit":2,"window":"lifetime"}],"maxTtlSeconds":3600}}""",
        ["SigningKeyRequest"] = """{"algorithm":"ES256"}""",
        ["MintRequest"] = """{"sub":"workspace-7","provider":"openai","budget":100000,"ttlSeconds":900}""",
        ["LimitChangeRequest"] = """{"unit":"usd","window":"lifetime","amount":10}""",
        ["QuoteRequest"] = """{"tokenId":"tok_…","path":"/openai/v1/chat/completions","body":{"model":"gpt-4o-mini","max_tokens":256,"messages":[{"role":"user","content":"Hello"}]}}""",
    };

    /// <summary>Puts them into the schemas.</summary>
    public static void Add(IDictionary<string, IOpenApiSchema> schemas)
    {
        foreach (var (name, example) in BySchema)
        {
            if (schemas.TryGetValue(name, out var schema) && schema is OpenApiSchema known)
            {
                known.Examples = [JsonNode.Parse(example)!];
            }
        }
    }
}
