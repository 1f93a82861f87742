using System.Net;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Failures;

/// <summary>A redirect is an answer like any other: nobody follows it, so that no key travels to wherever it points.</summary>
public sealed class RedirectTests(Product product) : IClassFixture<Product>
{
    public static MatrixTheoryData<string, int> Redirects => new(ProviderCall.Providers, [301, 302, 303, 307, 308]);

    [Theory]
    [MemberData(nameof(Redirects))]
    public async Task A_redirect_is_not_followed_and_its_address_does_not_pass(string provider, int status)
    {
        await product.ForgetAsync();
        await using var elsewhere = new SilentListener();
        using var answer = await product.CallAsync(provider, await product.MintAsync(), fault: $$"""{"location":"http://{{elsewhere.Authority}}/stolen","status":{{status}}}""");
        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        Assert.Null(answer.Headers.Location);
        Assert.Equal(0, elsewhere.Connections);
        Assert.Single(await product.CapturedAsync());
        await product.NothingIsHeldAsync();
    }

    [Fact]
    public async Task A_redirect_back_to_the_gateway_is_not_followed_either()
    {
        await product.ForgetAsync();
        using var answer = await product.CallAsync("anthropic", await product.MintAsync(), fault: $$"""{"location":"{{product.Gateway}}anthropic/v1/messages","status":307}""");
        Assert.Equal(HttpStatusCode.TemporaryRedirect, answer.StatusCode);
        Assert.Single(await product.CapturedAsync());
    }
}
