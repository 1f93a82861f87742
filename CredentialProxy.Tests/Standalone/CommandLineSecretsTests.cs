using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.Standalone;

namespace CredentialProxy.Tests.Standalone;

[Trait("threat", "key-5")]
public sealed class CommandLineSecretsTests
{
    private const string Secret = "sk-proj-on-the-command-line-for-all-to-see";

    [Theory]
    [InlineData("--Providers:openai:ApiKey=" + Secret)]
    [InlineData("--providers:acme:apikey=" + Secret)]
    [InlineData("Providers:openai:ApiKey=" + Secret)]
    [InlineData("/Providers:openai:ApiKey=" + Secret)]
    [InlineData("--Providers:openai:ApiKey", Secret)]
    [InlineData("--OPENAI_API_KEY", Secret)]
    [InlineData("--PORT=0", "--anthropic_api_key=" + Secret)]
    [InlineData("--GOOGLE_API_KEY=" + Secret)]
    [InlineData("--CREDENTIAL_PROXY_ADMIN_KEY=" + Secret)]
    [InlineData("--CREDENTIAL_PROXY_JWT_SECRET=" + Secret)]
    [InlineData("--CREDENTIAL_PROXY_ADMIN_JWT_SECRET=" + Secret)]
    public void A_secret_on_the_command_line_stops_the_start_and_is_not_repeated(params string[] arguments)
    {
        var error = Assert.Throws<StartupException>(() => CommandLineSecrets.Refuse(arguments));
        Assert.Contains("command line", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--PORT=9000", "--Gateway:IdleTimeoutSeconds=60")]
    [InlineData("--Providers:openai:ApiKey=env:MY_KEY")]
    [InlineData("--Providers:openai:ApiKey=file:/run/secrets/openai")]
    [InlineData("--Providers:openai:BaseUrl=https://api.example")]
    public void Other_settings_and_references_may_stand_there(params string[] arguments) => CommandLineSecrets.Refuse(arguments);

    [Fact]
    public async Task The_process_refuses_to_start_with_one()
    {
        var start = new System.Diagnostics.ProcessStartInfo("dotnet", [typeof(CommandLineSecrets).Assembly.Location, "--OPENAI_API_KEY=" + Secret]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = System.Diagnostics.Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.Contains("OPENAI_API_KEY must not be given on the command line", await error, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, await output + await error, StringComparison.Ordinal);
    }
}
