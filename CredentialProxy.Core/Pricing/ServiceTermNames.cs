namespace CredentialProxy.Core.Pricing;

/// <summary>How providers write tiers of service and places, in requests and answers.</summary>
internal static class ServiceTermNames
{
    /// <summary>Longer names are none of ours.</summary>
    public const int MaxLength = 32;

    private static ReadOnlySpan<byte> GooglePrefix => "service_tier_"u8;

    /// <summary>The tier of this name: OpenAI's, Anthropic's <c>service_tier</c> and <c>speed</c>, Google's enum with or without its prefix.</summary>
    public static ServiceTier Tier(ReadOnlySpan<byte> name)
    {
        Span<byte> lower = stackalloc byte[MaxLength];
        if (name.Length > MaxLength || System.Text.Ascii.ToLower(name, lower, out var length) != System.Buffers.OperationStatus.Done)
        {
            return ServiceTier.Unknown;
        }
        ReadOnlySpan<byte> bare = lower[..length];
        bare = bare.StartsWith(GooglePrefix) ? bare[GooglePrefix.Length..] : bare;
        return bare switch
        {
            _ when bare.SequenceEqual("default"u8) || bare.SequenceEqual("standard"u8) || bare.SequenceEqual("standard_only"u8) || bare.SequenceEqual("unspecified"u8) => ServiceTier.Standard,
            _ when bare.SequenceEqual("auto"u8) => ServiceTier.Auto,
            _ when bare.SequenceEqual("flex"u8) => ServiceTier.Flex,
            _ when bare.SequenceEqual("batch"u8) => ServiceTier.Batch,
            _ when bare.SequenceEqual("priority"u8) => ServiceTier.Priority,
            _ when bare.SequenceEqual("fast"u8) => ServiceTier.Fast,
            _ when bare.SequenceEqual("ultrafast"u8) => ServiceTier.Ultrafast,
            _ when bare.SequenceEqual("scale"u8) => ServiceTier.Scale,
            _ => ServiceTier.Unknown,
        };
    }

    /// <summary>The place of this name; models that have no choice of one say <c>not_available</c>.</summary>
    public static InferenceGeo Geo(ReadOnlySpan<byte> name) => name switch
    {
        _ when name.SequenceEqual("global"u8) || name.SequenceEqual("not_available"u8) => InferenceGeo.Global,
        _ when name.SequenceEqual("us"u8) => InferenceGeo.Us,
        _ => InferenceGeo.Unknown,
    };
}
