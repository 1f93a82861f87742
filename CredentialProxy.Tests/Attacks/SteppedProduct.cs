using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>The product before the mock, and before an upstream whose every byte the test sends, under a name for each of several dialects.</summary>
public sealed class SteppedProduct : IAsyncLifetime
{
    internal SteppedUpstream Upstream { get; } = new();

    public Product Product { get; } = new();

    public ValueTask InitializeAsync()
    {
        foreach (var (name, dialect) in new[] { ("chat", "openai-chat"), ("responses", "openai-responses"), ("messages", "anthropic-messages"), ("unread", "none") })
        {
            Product.With($"Providers:{name}:BaseUrl", Upstream.Address).With($"Providers:{name}:ApiKey", "sk-stepped")
                .With($"Providers:{name}:Endpoints:0", $"POST /v1/{name}").With($"Providers:{name}:Dialect", dialect);
        }
        return Product.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Product.DisposeAsync();
        await Upstream.DisposeAsync();
    }
}
