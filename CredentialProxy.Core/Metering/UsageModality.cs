using CredentialProxy.Core.Limits;

namespace CredentialProxy.Core.Metering;

/// <summary>An entry of Google's lists of tokens by modality (https://ai.google.dev/api/generate-content#ModalityTokenCount). Text and documents have the price of input.</summary>
internal struct UsageModality
{
    private long _count;
    private Kind _kind;

    private enum Kind : byte
    {
        Other,
        Audio,
        Image,
        Video,
    }

    /// <summary>An entry begins.</summary>
    public void Begin() => this = default;

    /// <summary>Says what it counts.</summary>
    public void SetName(ReadOnlySpan<byte> name) => _kind =
        name.SequenceEqual("AUDIO"u8) ? Kind.Audio : name.SequenceEqual("IMAGE"u8) ? Kind.Image : name.SequenceEqual("VIDEO"u8) ? Kind.Video : Kind.Other;

    /// <summary>Says how many there are.</summary>
    public void SetCount(long count) => _count = count;

    /// <summary>The entry ends.</summary>
    public readonly void AddTo(ref UsageFigures figures, UsageField list)
    {
        if (FieldOf(list) is { } field)
        {
            figures.Add(field, Math.Min(Limit.MaxAmount, _count));
        }
    }

    /// <summary>The figures that a list adds up anew.</summary>
    public static ReadOnlySpan<UsageField> FieldsOf(UsageField list) => list switch
    {
        UsageField.InputModalities => [UsageField.AudioInput, UsageField.ImageInput, UsageField.VideoInput],
        UsageField.CachedModalities => [UsageField.CachedAudioInput],
        UsageField.OutputModalities => [UsageField.AudioOutput, UsageField.ImageOutput, UsageField.VideoOutput],
        _ => [],
    };

    private readonly UsageField? FieldOf(UsageField list) => (list, _kind) switch
    {
        (UsageField.InputModalities, Kind.Audio) => UsageField.AudioInput,
        (UsageField.InputModalities, Kind.Image) => UsageField.ImageInput,
        (UsageField.InputModalities, Kind.Video) => UsageField.VideoInput,
        (UsageField.CachedModalities, Kind.Audio) => UsageField.CachedAudioInput,
        (UsageField.OutputModalities, Kind.Audio) => UsageField.AudioOutput,
        (UsageField.OutputModalities, Kind.Image) => UsageField.ImageOutput,
        (UsageField.OutputModalities, Kind.Video) => UsageField.VideoOutput,
        _ => null,
    };
}
