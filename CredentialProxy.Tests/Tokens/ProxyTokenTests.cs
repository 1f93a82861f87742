using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Tests.Tokens;

public sealed class ProxyTokenTests
{
    [Fact]
    public void A_generated_token_is_a_prefix_and_192_random_bits()
    {
        var tokens = Enumerable.Range(0, 1000).Select(_ => ProxyToken.Generate()).ToList();

        Assert.All(tokens, token => Assert.Matches("^ptk_[A-Za-z0-9_-]{32}$", token));
        Assert.All(tokens, token => Assert.True(ProxyToken.IsAcceptable(token)));
        Assert.Equal(tokens.Count, tokens.Distinct().Count());
    }

    [Theory]
    [InlineData("abcdefghijkl", true)]
    [InlineData("!~!~!~!~!~!~", true)]
    [InlineData("abcdefghijk", false)]
    [InlineData("", false)]
    [InlineData("abcdef ghijkl", false)]
    [InlineData("abcdefghijkl\n", false)]
    [InlineData("abcdefghijklé", false)]
    [InlineData("abcdefghijkl\u007f", false)]
    [InlineData("eyJhbGciOiJIUzI1NiJ9", false)]
    [InlineData("Eyabcdefghijkl", true)]
    public void An_operator_may_choose_printable_tokens_that_don_t_look_like_a_JWT(string token, bool isAcceptable) =>
        Assert.Equal(isAcceptable, ProxyToken.IsAcceptable(token));

    [Fact]
    public void A_chosen_token_has_at_most_512_characters()
    {
        Assert.True(ProxyToken.IsAcceptable(new string('a', 512)));
        Assert.False(ProxyToken.IsAcceptable(new string('a', 513)));
    }

    [Theory]
    [InlineData("ptk_abcdefghijklyz", "ptk_ab…yz")]
    [InlineData("abcdefghijklmn", "ab…mn")]
    [InlineData("abcdefghijk", "…")]
    [InlineData("", "…")]
    public void A_mask_shows_too_little_to_use(string token, string mask) => Assert.Equal(mask, ProxyToken.Mask(token));

    [Fact]
    public void Ids_tell_their_kind_and_differ()
    {
        var ids = Enumerable.Range(0, 1000).Select(_ => ObjectIds.New("tok")).ToList();

        Assert.All(ids, id => Assert.Matches("^tok_[0-9a-z]{20}$", id));
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }
}
