using System.Net.Http.Headers;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Tokens;

namespace CredentialProxy.Tests.Attacks;

/// <summary>The product with secrets that the test knows, so that it can sign tokens as other systems do, and as no system should.</summary>
public sealed class KeyedProduct : IAsyncLifetime
{
    /// <summary>The secret of admin JWTs.</summary>
    public const string AdminSecret = "another secret of at least thirty-two bytes, for operators only";

    public Product Product { get; } = new Product()
        .With("CREDENTIAL_PROXY_JWT_SECRET", HandmadeToken.Secret)
        .With("CREDENTIAL_PROXY_ADMIN_JWT_SECRET", AdminSecret)
        .With("Gateway:MaxFailedTokensPerAddress", "100000");

    public ValueTask InitializeAsync() => Product.InitializeAsync();

    public ValueTask DisposeAsync() => Product.DisposeAsync();

    /// <summary>The code with which a call of the control plane is refused; null when it isn't.</summary>
    public async Task<string?> ControlCodeAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Product.Control, "/api/tokens"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await Product.Client.SendAsync(request);
        return answer.IsSuccessStatusCode ? null : (string?)System.Text.Json.Nodes.JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["code"];
    }
}
