using CredentialProxy.Core.Vault;
using CredentialProxy.ServiceDefaults.Configuration;

namespace CredentialProxy.Standalone;

/// <summary>Keeps secrets off the command line.</summary>
internal static class CommandLineSecrets
{
    /// <summary>Refuses arguments that hold a secret; a reference to one is none.</summary>
    /// <exception cref="StartupException">One does; the message names it and does not repeat it.</exception>
    public static void Refuse(string[] arguments) =>
        SettingArguments.RefuseSecrets(arguments, [.. EnvironmentNames.Secrets, .. EnvironmentCredentials.AllVariables], CredentialVault.IsReference);
}
