using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Vault;
using Microsoft.AspNetCore.DataProtection;

namespace CredentialProxy.Tests.Vault;

public sealed class EnvironmentCredentialsTests
{
    private readonly Dictionary<string, string> _variables = [];
    private readonly Dictionary<string, ProviderOptions> _settings = [];

    [Fact]
    public void Each_provider_has_its_own_variables()
    {
        _variables["OPENAI_API_KEY"] = "k1";
        _variables["ANTHROPIC_API_KEY"] = " k2\n";
        _variables["OPENROUTER_API_KEY"] = "k3";
        _variables["GOOGLE_API_KEY"] = "k4";

        Assert.Equal(
            [("cred_openai_env", "openai", "k1"), ("cred_anthropic_env", "anthropic", "k2"), ("cred_openrouter_env", "openrouter", "k3"), ("cred_gemini_env", "gemini", "k4")],
            Read().Select(credential => (credential.Id, credential.Provider, credential.Secret.Reveal())));
    }

    [Fact]
    public void Nothing_set_is_no_credential()
    {
        _variables["OPENAI_API_KEY"] = "  ";
        _settings["gemini"] = new ProviderOptions();

        Assert.Empty(Read());
    }

    [Fact]
    public void The_first_variable_wins_and_a_setting_wins_over_both()
    {
        _variables["GEMINI_API_KEY"] = "first";
        _variables["GOOGLE_API_KEY"] = "second";
        Assert.Equal("first", Assert.Single(Read()).Secret.Reveal());

        _settings["gemini"] = new ProviderOptions { ApiKey = " set " };
        Assert.Equal("set", Assert.Single(Read()).Secret.Reveal());
    }

    [Fact]
    public void A_blank_setting_is_as_good_as_none()
    {
        _variables["OPENAI_API_KEY"] = "k1";
        _settings["openai"] = new ProviderOptions { ApiKey = "  " };

        Assert.Equal("k1", Assert.Single(Read()).Secret.Reveal());
    }

    [Fact]
    public void A_custom_provider_has_its_setting_alone()
    {
        _settings["mine"] = new ProviderOptions { ApiKey = "k" };

        var credential = Assert.Single(Read());
        Assert.Equal(("cred_mine_env", "mine", "k"), (credential.Id, credential.Provider, credential.Secret.Reveal()));
        Assert.Empty(EnvironmentCredentials.VariablesOf("mine"));
    }

    [Fact]
    public void A_reference_that_leads_nowhere_stops_the_start_though_a_variable_is_set()
    {
        _variables["OPENAI_API_KEY"] = "k1";
        _settings["openai"] = new ProviderOptions { ApiKey = "file:/no/such/file" };

        var error = Assert.Throws<InvalidProviderSettingException>(Read);
        Assert.Contains("Providers:openai:ApiKey", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sk-one\r\nX-Injected: 1")]
    [InlineData("sk-one\nsk-two")]
    [InlineData("sk one")]
    [InlineData("sk-oné")]
    [InlineData("sk-one\0")]
    public void A_key_that_can_t_be_sent_stops_the_start_and_is_not_told(string key)
    {
        _variables["OPENAI_API_KEY"] = key;
        var error = Assert.Throws<InvalidProviderSettingException>(Read);
        Assert.Contains("OPENAI_API_KEY", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk", error.Message, StringComparison.Ordinal);

        _settings["openai"] = new ProviderOptions { ApiKey = key };
        error = Assert.Throws<InvalidProviderSettingException>(Read);
        Assert.Contains("Providers:openai:ApiKey", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk", error.Message, StringComparison.Ordinal);
    }

    private IReadOnlyList<Credential> Read() =>
        EnvironmentCredentials.Read(_settings, name => _variables.GetValueOrDefault(name), new CredentialVault(new EphemeralDataProtectionProvider()));
}
