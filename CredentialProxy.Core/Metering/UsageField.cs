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
    AudioOutput,
    Cost,
    UpstreamCost,
    IsOwnKey,

    // Objects and arrays that hold more figures.
    InputDetails,
    OutputDetails,
    CacheCreation,
    CostDetails,
    InputModalities,
    OutputModalities,
    Modality,
    ModalityCount,
}
