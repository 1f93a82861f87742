using CredentialProxy.Core.Grants;

namespace CredentialProxy.Tests.Grants;

[Trait("threat", "token-6")]
public sealed class ModelPatternTests
{
    [Theory]
    [InlineData("gpt-4o", "gpt-4o", true)]
    [InlineData("gpt-4o", "gpt-4o-mini", false)]
    [InlineData("gpt-4o", "x-gpt-4o", false)]
    [InlineData("gpt-4o", "", false)]
    [InlineData("gpt-4o", "GPT-4o", false)]
    [InlineData("gpt-4o*", "gpt-4o", true)]
    [InlineData("gpt-4o*", "gpt-4o-mini", true)]
    [InlineData("*-mini", "gpt-4o-mini", true)]
    [InlineData("*-mini", "gpt-4o-mini-2024", false)]
    [InlineData("claude-*-5", "claude-opus-4-5", true)]
    [InlineData("claude-*-5", "claude-5", false)]
    [InlineData("*", "", true)]
    [InlineData("*", "anything/at:all", true)]
    [InlineData("**", "a", true)]
    [InlineData("gpt-4*", "gpt-4/../x", false)]
    [InlineData("gpt-4*", "gpt-4/..", false)]
    [InlineData("*", "../x", false)]
    [InlineData("*", "a/./b", false)]
    [InlineData("*", "a/.../b", true)]
    [InlineData("gpt-4.*", "gpt-4.1", true)]
    [InlineData("a?c", "abc", false)]
    [InlineData("a?c", "a?c", true)]
    [InlineData("a\\b", "a\\b", true)]
    [InlineData("a\\*", "a\\b", true)]
    [InlineData("a\\*", "a*", false)]
    [InlineData("a\\?*", "a\\?z", true)]
    [InlineData("a\\?*", "a?z", false)]
    [InlineData("a.b", "axb", false)]
    [InlineData("a<b>\"", "a<b>\"", true)]
    [InlineData("a<", "aaa", false)]
    [InlineData("[a]", "a", false)]
    public void Only_a_star_stands_for_something_else(string pattern, string model, bool matches)
    {
        Assert.True(ModelPattern.TryParse(pattern, out var parsed));
        Assert.Equal(matches, parsed.Matches(model));
        Assert.Equal(pattern, parsed.Text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("gpt-é")]
    [InlineData("\0")]
    public void What_is_not_printable_is_no_pattern(string? text) => Assert.False(ModelPattern.TryParse(text, out _));

    [Fact]
    public void A_pattern_has_at_most_256_characters()
    {
        Assert.True(ModelPattern.TryParse(new string('a', 256), out _));
        Assert.False(ModelPattern.TryParse(new string('a', 257), out _));
    }

    [Fact(Timeout = 20_000)]
    [Trait("threat", "avail-8")]
    public async Task The_worst_pattern_is_matched_without_going_through_every_split() => await Task.Run(
        () =>
        {
            Assert.True(ModelPattern.TryParse(string.Concat(Enumerable.Repeat("a*", 100)) + "b", out var pattern));

            Assert.False(pattern.Matches(new string('a', 200)));
            Assert.True(pattern.Matches(new string('a', 200) + "b"));
        },
        TestContext.Current.CancellationToken);
}
