using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Vault;

/// <summary>Credentials that come from the environment or the settings. They are never stored. A reference in the settings is followed for as long as the process runs.</summary>
public static class EnvironmentCredentials
{
    private static readonly (string Provider, string[] Names)[] Variables =
    [
        (KnownProviders.OpenAI, ["OPENAI_API_KEY"]),
        (KnownProviders.Anthropic, ["ANTHROPIC_API_KEY"]),
        (KnownProviders.OpenRouter, ["OPENROUTER_API_KEY"]),
        (KnownProviders.Gemini, ["GEMINI_API_KEY", "GOOGLE_API_KEY"]),
    ];

    /// <summary>Names of all variables that hold a key.</summary>
    public static IReadOnlyList<string> AllVariables { get; } = [.. Variables.SelectMany(entry => entry.Names)];

    /// <summary>Names of the variables that hold a provider's key.</summary>
    public static IReadOnlyList<string> VariablesOf(string provider) => Variables.FirstOrDefault(entry => entry.Provider == provider).Names ?? [];

    /// <summary>Whether a credential is one of these: their ids can't be an added one's.</summary>
    public static bool Has(Credential credential) => credential.Id == IdOf(credential.Provider);

    /// <summary>Reads them.</summary>
    /// <param name="settings">Settings by provider.</param>
    /// <param name="valueOf">The value of a variable, null for none.</param>
    /// <param name="vault">Follows references in settings.</param>
    /// <exception cref="InvalidProviderSettingException">A setting refers to a key that isn't there, or is one that can't be sent.</exception>
    public static IReadOnlyList<Credential> Read(IReadOnlyDictionary<string, ProviderOptions> settings, Func<string, string?> valueOf, CredentialVault vault)
    {
        var credentials = new List<Credential>();
        foreach (var provider in settings.Keys.Union(Variables.Select(entry => entry.Provider)))
        {
            if (SecretOf(provider, settings.GetValueOrDefault(provider), valueOf, vault) is { } secret)
            {
                credentials.Add(new Credential { Id = IdOf(provider), Provider = provider, Label = $"{provider} (environment)", Secret = secret, Reference = ReferenceOf(settings.GetValueOrDefault(provider)) });
            }
        }
        return credentials;
    }

    private static string? ReferenceOf(ProviderOptions? options) => options?.ApiKey is { } setting && CredentialVault.IsReference(setting) ? setting : null;

    private static string IdOf(string provider) => $"cred_{provider}_env";

    private static Secret? SecretOf(string provider, ProviderOptions? options, Func<string, string?> valueOf, CredentialVault vault)
    {
        if (options?.ApiKey is { } setting && !string.IsNullOrWhiteSpace(setting))
        {
            if (!CredentialVault.IsReference(setting))
            {
                return Checked($"Providers:{provider}:ApiKey", setting);
            }
            return vault.TryOpen(setting, out var error) ?? throw new InvalidProviderSettingException($"Providers:{provider}:ApiKey", error);
        }
        foreach (var name in VariablesOf(provider))
        {
            if (valueOf(name) is { } value && !string.IsNullOrWhiteSpace(value))
            {
                return Checked(name, value);
            }
        }
        return null;
    }

    // Refused at the start, by the name of its setting: a key that no header can carry would fail every request, and say nothing of it.
    private static Secret Checked(string name, string value) =>
        CredentialVault.IsKey(value.Trim()) ? new Secret(value.Trim()) : throw new InvalidProviderSettingException(name, CredentialVault.KeyRule);
}
