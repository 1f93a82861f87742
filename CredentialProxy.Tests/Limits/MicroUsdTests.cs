using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits;

public sealed class MicroUsdTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "0.000001")]
    [InlineData(-1, "-0.000001")]
    [InlineData(250_000, "0.25")]
    [InlineData(1_000_000, "1")]
    [InlineData(1_000_010, "1.00001")]
    [InlineData(-1_500_000, "-1.5")]
    [InlineData(10_000_000, "10")]
    [InlineData(9_007_199_254_740_991, "9007199254.740991")]
    public void Money_is_written_in_dollars_without_idle_digits(long microUsd, string expected) => Assert.Equal(expected, MicroUsd.Format(microUsd));
}
