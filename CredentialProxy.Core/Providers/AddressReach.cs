namespace CredentialProxy.Core.Providers;

/// <summary>What an upstream's network address may be used for.</summary>
public enum AddressReach
{
    /// <summary>Any provider may have it.</summary>
    Public,

    /// <summary>It leads into the network of the gateway: for providers that are configured to be there.</summary>
    Private,

    /// <summary>No provider has it, whatever is configured: the metadata service of a cloud, which hands out credentials, or no single host.</summary>
    Never,
}
