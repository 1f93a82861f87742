using System.Text.Json;
using CredentialProxy.Tests.Running;
using CredentialProxy.Tests.Tokens;

namespace CredentialProxy.Tests.Gateway.Tokens;

/// <summary>The product, sharing its secrets with another system that mints tokens by itself, byte by byte as that system's own library does.</summary>
public sealed class SharedSecret : IAsyncLifetime
{
    public const string SessionSecret = "a session secret of more than thirty-two bytes";
    public const string AdminSecret = "an admin JWT secret of more than thirty-two bytes";

    public Product Product { get; private set; } = null!;

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    public async ValueTask InitializeAsync() =>
        Product = await Product.StartAsync(("CREDENTIAL_PROXY_JWT_SECRET", SessionSecret), ("CREDENTIAL_PROXY_ADMIN_JWT_SECRET", AdminSecret));

    public ValueTask DisposeAsync() => Product.DisposeAsync();

    /// <summary>A workspace that no other test knows.</summary>
    public static string NewWorkspace() => "ws_" + Guid.NewGuid().ToString("n");

    /// <summary>A session token with the claims that the other system's minting gives it: nothing more, in its order. A change replaces a claim, a null takes it away.</summary>
    public static string Session(string sub, string provider = "openai", long? budget = null, params (string Name, object? Value)[] changes)
    {
        var claims = new Dictionary<string, object?> { ["sub"] = sub, ["aud"] = "relay-llm-proxy", ["provider"] = provider, ["credentialId"] = $"cred_{provider}_env" };
        if (budget is not null)
        {
            claims["budget"] = budget;
        }
        claims["iat"] = Now;
        claims["exp"] = Now + 900;
        return HandmadeToken.Sign(With(claims, changes), secret: SessionSecret);
    }

    /// <summary>An admin JWT.</summary>
    public static string Admin(params (string Name, object? Value)[] changes) =>
        HandmadeToken.Sign(With(new() { ["sub"] = "ops", ["aud"] = "relay-credential-proxy-admin", ["exp"] = Now + 900 }, changes), secret: AdminSecret);

    private static string With(Dictionary<string, object?> claims, (string Name, object? Value)[] changes)
    {
        foreach (var (name, value) in changes)
        {
            claims[name] = value;
        }
        return JsonSerializer.Serialize(claims.Where(claim => claim.Value is not null).ToDictionary());
    }
}
