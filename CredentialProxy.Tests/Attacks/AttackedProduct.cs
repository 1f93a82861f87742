using System.Text;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>The product with an upstream that shows the very bytes it was sent, and a place where nothing may ever arrive.</summary>
public sealed class AttackedProduct : IAsyncLifetime
{
    /// <summary>The key that is attacked, as OpenAI makes them but shorter.</summary>
    public const string Key = Redacting.Redacted.Key;

    internal const string ChatPath = "/openai/v1/chat/completions";
    internal const string ChatBody = """{"model":"gpt-4o-mini","max_tokens":16,"messages":[{"role":"user","content":"Hi"}]}""";

    internal ScriptedUpstream Upstream { get; } = new();

    /// <summary>Where an attack wants to lead.</summary>
    internal ScriptedUpstream Evil { get; } = new();

    public Product Product { get; private set; } = null!;

    public Uri Gateway => Product.Gateway;

    /// <summary>A token without limits.</summary>
    public string Token { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Product = await Product.StartAsync(
            ("Providers:openai:BaseUrl", Upstream.Address), ("Providers:openai:ApiKey", Key),
            ("Providers:gemini:BaseUrl", Upstream.Address), ("Providers:gemini:ApiKey", Key),
            ("Providers:query:BaseUrl", Upstream.Address + "/base/path"), ("Providers:query:ApiKey", Key), ("Providers:query:Slot", "query:access"),
            ("Providers:query:Endpoints:0", "GET /things"),
            ("Providers:raw:BaseUrl", Upstream.Address), ("Providers:raw:ApiKey", Key),
            ("Providers:raw:Endpoints:0", "GET /things"), ("Providers:raw:Endpoints:1", "POST /things"), ("Providers:raw:ResponseHeaders:0", "x-echo-*"), ("Providers:raw:ResponseHeaders:1", "link"));
        Token = await Product.MintWithAsync(null, "files");
    }

    public async ValueTask DisposeAsync()
    {
        await Product.DisposeAsync();
        await Upstream.DisposeAsync();
        await Evil.DisposeAsync();
    }

    /// <summary>A chat completion as it stands on the wire, with further header lines.</summary>
    internal string Chat(string target = ChatPath, string headers = "", string? body = null, string method = "POST") =>
        $"{method} {target} HTTP/1.1\r\nHost: {Gateway.Authority}\r\nAuthorization: Bearer {Token}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body ?? ChatBody)}\r\n{headers}\r\n{body ?? ChatBody}";

    /// <summary>A GET as it stands on the wire.</summary>
    internal string Get(string target, string headers = "") => $"GET {target} HTTP/1.1\r\nHost: {Gateway.Authority}\r\nAuthorization: Bearer {Token}\r\n{headers}\r\n";

    /// <summary>Asserts that an attack was answered, and reached neither the upstream nor the place it wanted.</summary>
    internal void AssertNothingArrived(string answer)
    {
        Assert.Matches("^HTTP/1.1 4", answer);
        Assert.Empty(Upstream.Requests);
        Assert.Equal(0, Evil.Connections);
    }
}
