namespace CredentialProxy.ServiceDefaults.KeyRings;

/// <summary>
/// Names of the settings that say what the key ring is wrapped with. Control plane and gateways have the same. Each but the certificate's path may be given in a file instead, which
/// its name with <c>_FILE</c> behind it names.
/// </summary>
public static class RingNames
{
    /// <summary>
    /// The master key that wraps the key ring: 32 random bytes as base64, such as <c>openssl rand -base64 32</c> makes. In production a control plane of its own, and a gateway of its own, must
    /// have this or a certificate.
    /// </summary>
    public const string MasterKey = "CREDENTIAL_PROXY_MASTER_KEY";

    /// <summary>Former master keys, which still open and wrap nothing anew; several with blanks or commas between them.</summary>
    public const string OldMasterKeys = "CREDENTIAL_PROXY_OLD_MASTER_KEYS";

    /// <summary>Path of a certificate with its private key (PKCS#12) that wraps the key ring where there is no master key, and opens what it once wrapped where there is one.</summary>
    public const string Certificate = "CREDENTIAL_PROXY_RING_CERTIFICATE";

    /// <summary>The certificate's password; none when it has none.</summary>
    public const string CertificatePassword = "CREDENTIAL_PROXY_RING_CERTIFICATE_PASSWORD";

    /// <summary>What is put behind a name to give the value in a file.</summary>
    public const string FileSuffix = "_FILE";

    /// <summary>All names under which a secret may be given.</summary>
    public static IReadOnlyList<string> Secrets { get; } = [MasterKey, OldMasterKeys, CertificatePassword];
}
