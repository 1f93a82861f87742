namespace CredentialProxy.Core.Inspection;

/// <summary>What an answer shall be made of besides text.</summary>
[Flags]
public enum OutputKinds : byte
{
    /// <summary>Text alone, as far as the request says.</summary>
    None = 0,

    /// <summary>Sound.</summary>
    Audio = 1,

    /// <summary>Images.</summary>
    Image = 2,

    /// <summary>Films.</summary>
    Video = 4,

    /// <summary>Something that has no name here.</summary>
    Other = 8,
}
