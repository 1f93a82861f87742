using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Failures;

/// <summary>The product with little patience; a provider that can't be connected to, one at which nobody listens.</summary>
public sealed class ImpatientProduct : IAsyncLifetime
{
    private readonly SilentListener _silent = new();

    public Product Product { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Product = await Product.StartAsync(
        ("Gateway:ConnectTimeoutSeconds", "1"), ("Gateway:FirstByteTimeoutSeconds", "2"), ("Gateway:IdleTimeoutSeconds", "1"), ("Gateway:RequestTimeoutSeconds", "3"),
        // A handshake that nobody answers is part of connecting.
        ("Providers:unreachable:BaseUrl", $"https://{_silent.Authority}"), ("Providers:unreachable:ApiKey", "sk-unreachable"),
        ("Providers:unreachable:Endpoints:0", "POST /v1/chat/completions"), ("Providers:unreachable:Dialect", "openai-chat"),
        ("Providers:down:BaseUrl", $"http://{SilentListener.Nobody()}"), ("Providers:down:ApiKey", "sk-down"),
        ("Providers:down:Endpoints:0", "POST /v1/chat/completions"), ("Providers:down:Dialect", "openai-chat"));

    public async ValueTask DisposeAsync()
    {
        await Product.DisposeAsync();
        await _silent.DisposeAsync();
    }
}
