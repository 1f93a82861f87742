using System.Net;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Failures;

/// <summary>Every provider is down: each client is told so in its own provider's words, it costs nothing, and the log has no stack.</summary>
public sealed class UnreachableProviderTests(UnreachableProviderTests.Unreachable unreachable) : IClassFixture<UnreachableProviderTests.Unreachable>
{
    private readonly Product _product = unreachable.Product;

    public static MatrixTheoryData<string, bool> Calls => new(ProviderCall.Providers, [false, true]);

    [Theory]
    [MemberData(nameof(Calls))]
    [Trait("threat", "fault-13")]
    public async Task A_provider_that_is_down_is_a_bad_gateway_that_costs_and_holds_nothing(string provider, bool isStream)
    {
        var token = await _product.CreateTokenAsync(new { kind = "proxy", limits = new object[] { new { unit = "tokens", limit = 1000 }, new { unit = "requests", limit = 1 }, new { unit = "concurrent", limit = 1 } } });

        // Twice: what the first one held is there again.
        foreach (var attempt in new[] { 1, 2 })
        {
            using var answer = await _product.CallAsync(provider, (string)token["token"]!, isStream: isStream);
            await Refused.AssertAsync(answer, provider, HttpStatusCode.BadGateway, "upstream_unavailable");
            // It may be there again in a moment: its client may well try.
            Assert.False(answer.Headers.Contains("x-should-retry"), $"at attempt {attempt}");
        }

        Assert.Equal((0, 0, 0), await _product.SettledAsync(token));
        _product.AssertNothingFailed();
    }

    /// <summary>The product whose providers are all gone.</summary>
    public sealed class Unreachable : IAsyncLifetime
    {
        public Product Product { get; } = new();

        public ValueTask InitializeAsync()
        {
            foreach (var provider in ProviderCall.Providers)
            {
                Product.With($"Providers:{provider}:BaseUrl", $"http://{SilentListener.Nobody()}");
            }
            return Product.InitializeAsync();
        }

        public ValueTask DisposeAsync() => Product.DisposeAsync();
    }
}
