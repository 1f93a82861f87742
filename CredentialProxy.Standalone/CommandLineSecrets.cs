using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Vault;
using CredentialProxy.ServiceDefaults.Configuration;

namespace CredentialProxy.Standalone;

/// <summary>Keeps secrets off the command line, which every user of the machine can read (<c>/proc/PID/cmdline</c>) and which shells and process monitors write down.</summary>
internal static class CommandLineSecrets
{
    private static readonly HashSet<string> Names = new(
        [
            "CREDENTIAL_PROXY_JWT_SECRET", "CREDENTIAL_PROXY_ADMIN_JWT_SECRET", "CREDENTIAL_PROXY_ADMIN_KEY",
            .. KnownProviders.All.SelectMany(provider => EnvironmentCredentials.VariablesOf(provider.Name)),
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Refuses arguments that hold a secret; a reference to one is none.</summary>
    /// <exception cref="StartupException">One does; the message names it and does not repeat it.</exception>
    public static void Refuse(string[] arguments)
    {
        foreach (var (name, value) in new ConfigurationBuilder().AddCommandLine(arguments).Build().AsEnumerable())
        {
            var isSecret = Names.Contains(name) || (name.StartsWith("Providers:", StringComparison.OrdinalIgnoreCase) && name.EndsWith(":ApiKey", StringComparison.OrdinalIgnoreCase));
            if (isSecret && !string.IsNullOrEmpty(value) && !CredentialVault.IsReference(value))
            {
                throw new StartupException($"The setting {name} must not be given on the command line, where every user of this machine can read it. Set it in the environment, or refer to it: env:NAME or file:/path for a provider's key.");
            }
        }
    }
}
