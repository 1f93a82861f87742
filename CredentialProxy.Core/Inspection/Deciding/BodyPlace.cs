namespace CredentialProxy.Core.Inspection.Deciding;

/// <summary>The objects of a body whose members may decide about the request.</summary>
internal enum BodyPlace : byte
{
    Elsewhere,
    Root,
    StreamOptions,
    GenerationConfig,
    ThinkingConfig,
    Thinking,
    Provider,
    MaxPrice,
}
