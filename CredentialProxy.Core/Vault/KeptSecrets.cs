namespace CredentialProxy.Core.Vault;

/// <summary>Values that an installation makes for itself and keeps: their names, and what they are sealed for.</summary>
public static class KeptSecrets
{
    /// <summary>What they are sealed for, so that none can be taken for a credential.</summary>
    public const string Purpose = "CredentialProxy.Settings.v1";

    /// <summary>The secret that an earlier version made to sign session tokens; sealed.</summary>
    public const string SigningSecret = "session-signing-secret";

    /// <summary>The hash of the bootstrap admin key. No gateway is told of it.</summary>
    public const string AdminKeyHash = "admin-key-hash";
}
