using CredentialProxy.Core.Judging;
using CredentialProxy.Gateway.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace CredentialProxy.Tests.Authentication;

[Trait("threat", "token-5")]
public sealed class TokenSlotsTests
{
    [Theory]
    [InlineData("Authorization", "Bearer ptk_one")]
    [InlineData("authorization", "bearer ptk_one")]
    [InlineData("Authorization", "Bearer   ptk_one ")]
    [InlineData("x-api-key", "ptk_one")]
    [InlineData("X-Goog-Api-Key", "ptk_one")]
    [InlineData("api-key", "ptk_one")]
    public void Each_header_slot_yields_the_token(string name, string value)
    {
        Assert.Null(TokenSlots.Take(new HeaderDictionary { [name] = value }, "", out var token));
        Assert.Equal("ptk_one", token.ToString());
    }

    [Theory]
    [InlineData("?key=ptk_one")]
    [InlineData("?alt=sse&key=ptk_one")]
    [InlineData("?KEY=ptk_one")]
    [InlineData("?k%65y=ptk%5Fone")]
    public void The_query_slot_yields_the_token(string query)
    {
        Assert.Null(TokenSlots.Take(new HeaderDictionary(), query, out var token));
        Assert.Equal("ptk_one", token.ToString());
    }

    [Fact]
    public void The_same_token_in_two_slots_is_one_token()
    {
        var headers = new HeaderDictionary { ["Authorization"] = "Bearer ptk_one", ["x-api-key"] = "ptk_one" };
        Assert.Null(TokenSlots.Take(headers, "?key=ptk_one", out var token));
        Assert.Equal("ptk_one", token.ToString());
    }

    [Theory]
    [InlineData("Bearer ptk_one", "ptk_two", "")]
    [InlineData("Bearer ptk_one", null, "?key=ptk_two")]
    [InlineData(null, "ptk_one", "?key=ptk_two")]
    [InlineData(null, null, "?key=ptk_one&key=ptk_two")]
    [InlineData("Basic dXNlcjpwYXNz", "ptk_one", "")]
    public void Two_different_tokens_are_refused(string? authorization, string? apiKey, string query)
    {
        var headers = new HeaderDictionary();
        if (authorization is not null)
        {
            headers["Authorization"] = authorization;
        }
        if (apiKey is not null)
        {
            headers["x-api-key"] = apiKey;
        }
        Assert.Equal(RefusalCode.ConflictingTokens, TokenSlots.Take(headers, query, out _)?.Code);
    }

    [Fact]
    public void Duplicate_headers_with_different_tokens_are_refused() =>
        Assert.Equal(
            RefusalCode.ConflictingTokens,
            TokenSlots.Take(new HeaderDictionary { ["x-api-key"] = new StringValues(["ptk_one", "ptk_two"]) }, "", out _)?.Code);

    [Theory]
    [InlineData(null, RefusalCode.MissingAuthorization)]
    [InlineData("", RefusalCode.MissingAuthorization)]
    [InlineData("Bearer", RefusalCode.MissingAuthorization)]
    [InlineData("Bearer ", RefusalCode.MissingAuthorization)]
    [InlineData("Basic dXNlcjpwYXNz", RefusalCode.InvalidToken)]
    internal void Without_a_token_the_refusal_tells_why(string? authorization, RefusalCode code)
    {
        var headers = new HeaderDictionary();
        if (authorization is not null)
        {
            headers["Authorization"] = authorization;
        }
        Assert.Equal(code, TokenSlots.Take(headers, "", out _)?.Code);
    }

    [Theory]
    [InlineData("?key=ptk_one", "")]
    [InlineData("?$key=ptk_one&alt=sse", "?alt=sse")]
    [InlineData("?%24KEY=ptk_one", "")]
    [InlineData("?alt=sse&key=ptk_one", "?alt=sse")]
    [InlineData("?key=a&alt=sse&Key=b", "?alt=sse")]
    [InlineData("?k%65y=a&x=%20", "?x=%20")]
    [InlineData("?alt=sse", "?alt=sse")]
    [InlineData("", "")]
    public void The_query_slot_never_goes_on(string query, string expected) => Assert.Equal(expected, QuerySlot.Remove(query, null));
}
