namespace CredentialProxy.Core.Storage;

/// <summary>A value that this installation made for itself, such as the hash of the bootstrap admin key.</summary>
public sealed class SettingRow
{
    /// <summary>Name.</summary>
    public required string Name { get; set; }

    /// <summary>Value.</summary>
    public required string Value { get; set; }
}
