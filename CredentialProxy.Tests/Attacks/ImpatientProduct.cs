using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>The product with waits so short that a test can sit them out, and rates so high that a slow client is one soon.</summary>
public sealed class ImpatientProduct : IAsyncLifetime
{
    public Product Product { get; } = new Product()
        .With("Connections:HeadersTimeoutSeconds", "3")
        .With("Connections:KeepAliveTimeoutSeconds", "3")
        .With("Connections:SlowGraceSeconds", "2")
        .With("Connections:MinRequestBytesPerSecond", "50")
        .With("Connections:MinResponseBytesPerSecond", "1000000");

    public ValueTask InitializeAsync() => Product.InitializeAsync();

    public ValueTask DisposeAsync() => Product.DisposeAsync();
}
