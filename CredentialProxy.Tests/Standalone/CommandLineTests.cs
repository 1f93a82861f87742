using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.Standalone;

namespace CredentialProxy.Tests.Standalone;

public sealed class CommandLineTests
{
    [Fact]
    public void A_demo_and_settings_in_either_form_are_taken()
    {
        var line = CommandLine.Read(["--PORT", "9000", "--demo", "--Gateway:IdleTimeoutSeconds=60"]);
        Assert.True(line.IsDemo);
        Assert.Equal(["--PORT", "9000", "--Gateway:IdleTimeoutSeconds=60"], line.Settings);
        Assert.False(CommandLine.Read([]).IsDemo);
    }

    [Theory]
    [InlineData("demo")]
    [InlineData("-demo")]
    [InlineData("--")]
    [InlineData("--help")]
    [InlineData("PORT=9000")]
    [InlineData("--PORT=9000", "surplus")]
    public void An_argument_that_is_neither_is_refused(params string[] arguments)
    {
        var error = Assert.Throws<StartupException>(() => CommandLine.Read(arguments));
        Assert.Contains($"'{arguments[^1]}'", error.Message, StringComparison.Ordinal);
    }
}
