using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.KeyRings;

namespace CredentialProxy.Admin.Api.Credentials;

/// <summary>Variables of the environment that hold what this program itself keeps secret: as a credential it would be sent to a provider.</summary>
internal static class OwnSecrets
{
    // As configuration names them, and as the environment does.
    private static readonly HashSet<string> References = new(
        new[] { EnvironmentNames.Secrets, RingNames.Secrets, ConnectionNames.Secrets }.SelectMany(names => names)
            .SelectMany(name => new[] { name, name.Replace(":", "__", StringComparison.Ordinal) }).Select(name => "env:" + name),
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a reference leads to one of them.</summary>
    public static bool Are(string reference) => References.Contains(reference);
}
