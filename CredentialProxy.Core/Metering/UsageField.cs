namespace CredentialProxy.Core.Metering;

/// <summary>The figures of usage objects, of all dialects side by side.</summary>
internal enum UsageField : byte
{
    None,
    Input,
    Output,
    Total,
    Cached,
    CacheWrite,
    CacheWriteShort,
    CacheWriteHour,
    Reasoning,
    ToolInput,
    AudioInput,
    CachedAudioInput,
    ImageInput,
    VideoInput,
    AudioOutput,
    ImageOutput,
    VideoOutput,
    WebSearches,
    WebFetches,

    // What was used beside the answer itself, summed over the iterations that say so.
    FurtherInput,
    FurtherOutput,
    FurtherCached,
    FurtherCacheWrite,
    FurtherCacheWriteHour,

    Cost,
    UpstreamCost,
    IsOwnKey,

    // Objects and arrays that hold more figures.
    InputDetails,
    OutputDetails,
    CacheCreation,
    CostDetails,
    CacheWriteDetails,
    CachedDetails,
    ServerToolUse,
    Iterations,
    IterationCacheCreation,
    InputModalities,
    CachedModalities,
    OutputModalities,
    Modality,
    ModalityCount,

    // Words.
    ServiceTier,
    Speed,
    InferenceGeo,
    IterationType,

    // The figures of one iteration.
    IterationInput,
    IterationOutput,
    IterationCached,
    IterationCacheWrite,
    IterationCacheWriteShort,
    IterationCacheWriteHour,
}
