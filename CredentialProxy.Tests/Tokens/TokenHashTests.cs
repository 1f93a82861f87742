using System.Security.Cryptography;
using System.Text;
using CredentialProxy.Core.Tokens;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Tokens;

public sealed class TokenHashTests
{
    [Fact]
    public void It_is_the_SHA_256_of_the_UTF_8_bytes_in_lower_case()
    {
        foreach (var token in new[] { "", "ptk_abc", new string('x', 5000), "é€😀" })
        {
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token))), TokenHash.Of(token).ToString());
        }
    }

    [Property]
    public Property Hashes_are_equal_when_tokens_are(NonNull<string> one, NonNull<string> other) =>
        ((TokenHash.Of(one.Get) == TokenHash.Of(other.Get)) == Encoding.UTF8.GetBytes(one.Get).SequenceEqual(Encoding.UTF8.GetBytes(other.Get))).ToProperty();

    [Fact]
    public void What_is_written_is_read_again()
    {
        var hash = TokenHash.Of("ptk_abc");

        Assert.Equal(hash, TokenHash.Parse(hash.ToString()));
        Assert.Equal(hash.GetHashCode(), TokenHash.Parse(hash.ToString()).GetHashCode());
        Assert.True(hash != TokenHash.Of("ptk_abd"));
        Assert.False(hash.Equals((object)"ptk_abc"));
    }

    [Fact]
    public void Every_byte_counts()
    {
        var hash = TokenHash.Of("ptk_abc").ToString();
        for (var i = 0; i < hash.Length; i++)
        {
            var other = hash[..i] + (hash[i] == '0' ? '1' : '0') + hash[(i + 1)..];

            Assert.NotEqual(TokenHash.Parse(hash), TokenHash.Parse(other));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("zz00000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("000000000000000000000000000000000000000000000000000000000000000000")]
    public void What_is_no_hash_is_not_read(string text) => Assert.Throws<FormatException>(() => TokenHash.Parse(text));

    [Fact]
    public void A_token_over_the_bound_is_not_hashed()
    {
        Assert.NotEqual(default, TokenHash.Of(new string('x', TokenHash.MaxTokenBytes)));
        Assert.Throws<ArgumentException>(() => TokenHash.Of(new string('x', TokenHash.MaxTokenBytes + 1)));
        Assert.Throws<ArgumentException>(() => TokenHash.Of(new string('€', (TokenHash.MaxTokenBytes / 3) + 1)));
        Assert.Throws<ArgumentException>(() => TokenHash.Of(new string('x', 10_000_000)));
    }
}
