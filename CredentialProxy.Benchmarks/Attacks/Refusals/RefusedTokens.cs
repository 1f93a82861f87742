using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Benchmarks.Throughput;

namespace CredentialProxy.Benchmarks.Attacks.Refusals;

/// <summary>A kind of tokens that are refused.</summary>
/// <param name="Name">What is wrong with them.</param>
/// <param name="Group">Those that must not be told apart have one name.</param>
/// <param name="Token">The token of this number, another for each.</param>
internal sealed record RefusedTokens(string Name, string Group, Func<int, string> Token)
{
    private const int Deleted = 200;

    /// <summary>Every kind.</summary>
    public static async Task<RefusedTokens[]> MakeAsync(Product product, int count)
    {
        var deleted = new List<string>();
        for (var i = 0; i < Math.Min(Deleted, count); i++)
        {
            var (id, token) = await product.MintWithAsync([]);
            await product.DeleteAsync(id);
            deleted.Add(token);
        }
        var parts = (await product.MintSessionAsync()).Split('.');
        return
        [
            new("proxy token that never was", "opaque", _ => "ptk_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24))),
            new("proxy token that was deleted", "opaque", i => deleted[i % deleted.Count]),
            new("something else of that length", "opaque", _ => "sk-x" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24))),
            new("session token, forged", "signed", _ => $"{parts[0]}.{parts[1]}.{Signature()}"),
            new("the same, expired", "signed", i => $"{parts[0]}.{Changed(parts[1], "exp", 1_000_000 + i)}.{Signature()}"),
            new("the same, of another token id", "signed", i => $"{parts[0]}.{Changed(parts[1], "jti", $"nobody-{i}")}.{Signature()}"),
        ];
    }

    // As long as that of ES256.
    private static string Signature() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(64));

    private static string Changed(string part, string member, JsonNode value)
    {
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(part))!;
        claims[member] = value;
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()));
    }
}
