using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Gateway.Authentication;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Floods of tokens that prove nothing, and what can be learnt from how they are refused.</summary>
public sealed partial class UnknownTokenAttacks(UnknownTokenAttacks.WatchfulProduct watchful) : IClassFixture<UnknownTokenAttacks.WatchfulProduct>
{
    private const int Most = 10;

    private readonly Product _product = watchful.Product;

    [Fact]
    [Trait("threat", "avail-4")]
    public async Task Who_shares_an_address_with_a_flood_of_unknown_tokens_is_served()
    {
        // Its own: the others' failures count for the same address.
        await using var watchful = new WatchfulProduct();
        await watchful.InitializeAsync();
        var product = watchful.Product;
        var (known, fresh) = (await product.MintAsync(), await product.MintAsync());
        await AssertAsync(product, HttpStatusCode.OK, known);
        var codes = new Dictionary<string, int>();
        for (var i = 0; i < 500; i++)
        {
            using var answer = await ModelsAsync(product, ProxyToken.Generate());
            var code = answer.Headers.GetValues("x-credential-proxy-error").Single();
            codes[code] = codes.GetValueOrDefault(code) + 1;
            if (code == "too_many_failures")
            {
                Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
                Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
                Assert.False(answer.Headers.Contains("x-should-retry"));
            }
        }
        Assert.Equal(["invalid_token", "too_many_failures"], codes.Keys.Order());
        Assert.InRange(codes["invalid_token"], Most, 250);
        Assert.InRange(product.Part<TokenAuthenticator>().UnknownCount, 1, 250);

        // A token that is known passes at once, in the middle of it; one that is not passes when it comes again, as clients do.
        await AssertAsync(product, HttpStatusCode.OK, known);
        await Product.EventuallyAsync(
            async () =>
            {
                using var other = await ModelsAsync(product, ProxyToken.Generate());
                using var answer = await ModelsAsync(product, fresh);
                return answer.StatusCode == HttpStatusCode.OK;
            },
            "the fresh token passes");
    }

    [Fact]
    [Trait("threat", "key-7")]
    public async Task Tokens_that_do_not_exist_are_refused_in_the_same_words_whatever_is_near_them()
    {
        var exists = await _product.CreateTokenAsync(new { kind = "proxy" });
        var deleted = await _product.CreateTokenAsync(new { kind = "proxy" });
        (await _product.Admin.DeleteAsync($"/api/tokens/{deleted["id"]}")).EnsureSuccessStatusCode();
        var (token, id) = ((string)exists["token"]!, (string)exists["id"]!);
        string[] guesses = [ProxyToken.Generate(), token[..^1], token + "x", token.ToUpperInvariant(), id, (string)deleted["token"]!, TokenHash.Of(token).ToString()];
        var seen = new HashSet<string>();
        foreach (var guess in guesses)
        {
            await Product.EventuallyAsync(
                async () =>
                {
                    using var answer = await ModelsAsync(guess);
                    if (answer.StatusCode == HttpStatusCode.TooManyRequests)
                    {
                        return false;
                    }
                    var headers = string.Join("\n", answer.Headers.Select(header => $"{header.Key}: {string.Join(", ", header.Value)}").Order());
                    seen.Add(ChangesEachTime().Replace($"{answer.StatusCode}\n{headers}\n{await answer.Content.ReadAsStringAsync()}", ""));
                    return true;
                },
                "the guess is looked at");
        }
        Assert.Single(seen);
    }

    [Fact]
    [Trait("threat", "key-7")]
    public async Task A_credential_that_a_token_names_is_refused_in_the_same_words_whether_it_exists_or_not()
    {
        // Each signed with the shared secret, so that what the claim names is all that differs.
        using var made = await _product.Admin.PostAsync("/api/credentials", new StringContent("""{"provider":"anthropic","label":"theirs","secret":"sk-ant-somebody-s"}""", System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var answers = new HashSet<string>();
        foreach (var named in new[] { "theirs", "nobody-s" })
        {
            using var minted = await _product.Admin.PostAsync("/api/session-tokens", new StringContent($$"""{"sub":"ws","provider":"openai","credentialId":"{{named}}"}""", System.Text.Encoding.UTF8, "application/json"));
            var token = System.Text.Json.Nodes.JsonNode.Parse(await minted.Content.ReadAsStringAsync())!["token"]!;
            await Product.EventuallyAsync(
                async () =>
                {
                    using var answer = await ModelsAsync((string)token!);
                    if (answer.StatusCode != HttpStatusCode.TooManyRequests)
                    {
                        answers.Add(ChangesEachTime().Replace(await answer.Content.ReadAsStringAsync(), ""));
                    }
                    return answer.StatusCode == HttpStatusCode.BadGateway;
                },
                "the token is looked at");
        }
        Assert.DoesNotContain("theirs", Assert.Single(answers), StringComparison.Ordinal);
    }

    private static async Task AssertAsync(Product product, HttpStatusCode status, string token)
    {
        using var answer = await ModelsAsync(product, token);
        Assert.Equal(status, answer.StatusCode);
    }

    private Task<HttpResponseMessage> ModelsAsync(string token) => ModelsAsync(_product, token);

    private static async Task<HttpResponseMessage> ModelsAsync(Product product, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(product.Gateway, "/openai/v1/models"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await product.Client.SendAsync(request);
    }

    [GeneratedRegex("req_[0-9a-z]+|Date: .*")]
    private static partial Regex ChangesEachTime();

    /// <summary>The product that has little patience with tokens it does not know.</summary>
    public sealed class WatchfulProduct : IAsyncLifetime
    {
        public Product Product { get; } = new Product().With("Gateway:MaxFailedTokensPerAddress", "10").With("Gateway:UnknownTokenCacheSize", "200");

        public ValueTask InitializeAsync() => Product.InitializeAsync();

        public ValueTask DisposeAsync() => Product.DisposeAsync();
    }
}
