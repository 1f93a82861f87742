namespace CredentialProxy.ServiceDefaults.Configuration;

/// <summary>Names of the settings that stand in no section.</summary>
public static class EnvironmentNames
{
    /// <summary>The IP address to listen on, or <c>localhost</c>; <c>*</c> for every address.</summary>
    public const string Host = "HOST";

    /// <summary>Port of the gateway, 0 to 65535; 0 for any free one.</summary>
    public const string GatewayPort = "PORT";

    /// <summary>Port of the control plane, 0 to 65535; 0 for any free one.</summary>
    public const string ControlPort = "CONTROL_PORT";

    /// <summary>Port of a demo's mock provider, 0 to 65535; 0 for any free one.</summary>
    public const string MockPort = "MOCK_PORT";

    /// <summary>
    /// Port on which metrics are served at <c>/metrics</c> for Prometheus, 0 to 65535; 0 for any free one. Without one they are not. It is a port of its own, so that whoever reaches the gateway
    /// does not reach its figures.
    /// </summary>
    public const string MetricsPort = "METRICS_PORT";

    /// <summary>The IP address on which metrics are served, or <c>localhost</c>; <c>*</c> for every address. They are shown to whoever asks: let only the scraper through to it.</summary>
    public const string MetricsHost = "METRICS_HOST";

    /// <summary>
    /// Directory of the embedded stores, in the working directory unless it is absolute. It is made where it isn't there, and belongs to its owner alone and to one process at a time. A gateway in a
    /// process of its own keeps its journal there: what it settled while Redis was away, which is not lost then when it is killed.
    /// </summary>
    public const string DataDirectory = "CREDENTIAL_PROXY_DATA";

    /// <summary>The bootstrap admin key, 12 to 512 characters. Without one a key is made and printed on the first start; its hash is kept.</summary>
    public const string AdminKey = "CREDENTIAL_PROXY_ADMIN_KEY";

    /// <summary>Shared with other systems that mint session tokens: proves those that name no signing key (HS256), at least 32 bytes. Without one, tokens of signing keys alone are taken.</summary>
    public const string SigningSecret = "CREDENTIAL_PROXY_JWT_SECRET";

    /// <summary>Proves admin JWTs (HS256), at least 32 bytes, another than that of session tokens. Without one no admin JWT is taken.</summary>
    public const string AdminJwtSecret = "CREDENTIAL_PROXY_ADMIN_JWT_SECRET";

    /// <summary>The audience that an admin JWT must have.</summary>
    public const string AdminAudience = "CREDENTIAL_PROXY_ADMIN_AUDIENCE";

    /// <summary>Those that hold a secret.</summary>
    public static IReadOnlyList<string> Secrets { get; } = [AdminKey, SigningSecret, AdminJwtSecret];
}
