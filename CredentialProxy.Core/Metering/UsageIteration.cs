namespace CredentialProxy.Core.Metering;

/// <summary>
/// The iterations of an answer of Anthropic's. What those of another sort than the answer's own messages have used, a summary of the conversation for one, is in no other figure
/// (https://platform.claude.com/docs/en/build-with-claude/compaction).
/// </summary>
internal struct UsageIteration
{
    private long _input;
    private long _output;
    private long _cached;
    private long _write;
    private long _writeShort;
    private long _writeHour;
    private bool _isOwn;

    /// <summary>An iteration begins.</summary>
    public void Begin() => this = default;

    /// <summary>Says of what sort it is.</summary>
    public void SetType(ReadOnlySpan<byte> type) => _isOwn = type.SequenceEqual("message"u8) || type.SequenceEqual("fallback_message"u8);

    /// <summary>States a figure of it.</summary>
    public void Set(UsageField field, long number)
    {
        switch (field)
        {
            case UsageField.IterationInput:
                _input = number;
                break;
            case UsageField.IterationOutput:
                _output = number;
                break;
            case UsageField.IterationCached:
                _cached = number;
                break;
            case UsageField.IterationCacheWrite:
                _write = number;
                break;
            case UsageField.IterationCacheWriteShort:
                _writeShort = number;
                break;
            default:
                _writeHour = number;
                break;
        }
    }

    /// <summary>The iteration ends.</summary>
    public readonly void AddTo(ref UsageFigures figures)
    {
        if (_isOwn)
        {
            return;
        }
        var write = Math.Max(_write, UsageFigures.Sum(_writeShort, _writeHour));
        figures.Add(UsageField.FurtherInput, UsageFigures.Sum(UsageFigures.Sum(_input, _cached), write));
        figures.Add(UsageField.FurtherOutput, _output);
        figures.Add(UsageField.FurtherCached, _cached);
        figures.Add(UsageField.FurtherCacheWrite, write);
        figures.Add(UsageField.FurtherCacheWriteHour, _writeHour);
    }
}
