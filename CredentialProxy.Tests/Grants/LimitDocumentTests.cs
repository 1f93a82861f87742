using System.Globalization;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Grants;

public sealed class LimitDocumentTests
{
    [Theory]
    [InlineData("tokens", "0", null, LimitUnit.Tokens, 0, LimitWindow.Lifetime)]
    [InlineData("tokens", "9007199254740991", "day", LimitUnit.Tokens, Limit.MaxAmount, LimitWindow.Day)]
    [InlineData("tokens", "5.0", "month", LimitUnit.Tokens, 5, LimitWindow.Month)]
    [InlineData("usd", "5", "hour", LimitUnit.Usd, 5_000_000, LimitWindow.Hour)]
    [InlineData("usd", "0.000001", "lifetime", LimitUnit.Usd, 1, LimitWindow.Lifetime)]
    [InlineData("usd", "9007199254.740991", "lifetime", LimitUnit.Usd, Limit.MaxAmount, LimitWindow.Lifetime)]
    [InlineData("requests", "10", "minute", LimitUnit.Requests, 10, LimitWindow.Minute)]
    [InlineData("requests", "10", "second", LimitUnit.Requests, 10, LimitWindow.Second)]
    [InlineData("concurrent", "2", null, LimitUnit.Concurrent, 2, LimitWindow.Lifetime)]
    public void A_good_document_is_a_limit(string unit, string amount, string? window, LimitUnit wantedUnit, long wantedAmount, LimitWindow wantedWindow)
    {
        Assert.True(Document(unit, amount, window).TryRead(out var limit, out var error));
        Assert.Null(error);
        Assert.Equal(new Limit(wantedUnit, wantedAmount, wantedWindow), limit);
    }

    [Theory]
    [InlineData(null, "1", null, "'unit'")]
    [InlineData("", "1", null, "'unit'")]
    [InlineData("Tokens", "1", null, "'unit'")]
    [InlineData("0", "1", null, "'unit'")]
    [InlineData("tokens,usd", "1", null, "'unit'")]
    [InlineData(" tokens", "1", null, "'unit'")]
    [InlineData("euro", "1", null, "'unit'")]
    [InlineData("tokens", "1", "", "'window'")]
    [InlineData("tokens", "1", "week", "'window'")]
    [InlineData("tokens", "1", "2", "'window'")]
    [InlineData("concurrent", "1", "day", "'concurrent'")]
    [InlineData("tokens", null, null, "'limit'")]
    [InlineData("tokens", "-1", null, "'limit'")]
    [InlineData("tokens", "1.5", null, "'limit'")]
    [InlineData("tokens", "9007199254740992", null, "'limit'")]
    [InlineData("requests", "79228162514264337593543950335", null, "'limit'")]
    [InlineData("usd", "-0.01", null, "dollars")]
    [InlineData("usd", "0.0000001", null, "dollars")]
    [InlineData("usd", "9007199254.740992", null, "dollars")]
    [InlineData("usd", "79228162514264337593543950335", null, "dollars")]
    public void A_bad_document_is_an_error_that_names_the_field(string? unit, string? amount, string? window, string named)
    {
        Assert.False(Document(unit, amount, window).TryRead(out var limit, out var error));
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Equal(default, limit);
    }

    [Property]
    public bool What_is_written_is_read_again(LimitUnit unit, LimitWindow window, long amount)
    {
        var limit = new Limit(unit, (amount & long.MaxValue) % (Limit.MaxAmount + 1), unit == LimitUnit.Concurrent ? LimitWindow.Lifetime : window);

        return LimitDocument.Read(LimitDocument.Write([limit, limit])).SequenceEqual([limit, limit]);
    }

    [Fact]
    public void No_limits_are_an_empty_list()
    {
        Assert.Equal("[]", LimitDocument.Write([]));
        Assert.Empty(LimitDocument.Read("[]"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[null]")]
    [InlineData("[{}]")]
    [InlineData("""[{"unit":"tokens","limit":-1}]""")]
    [InlineData("""[{"unit":"tokens","limit":"5"}]""")]
    [InlineData("""[{"unit":"tokens","limit":1e400}]""")]
    public void Anything_else_in_the_store_is_a_format_error(string json) => Assert.Throws<FormatException>(() => LimitDocument.Read(json));

    private static LimitDocument Document(string? unit, string? amount, string? window) =>
        new() { Unit = unit, Limit = amount is null ? null : decimal.Parse(amount, CultureInfo.InvariantCulture), Window = window };
}
