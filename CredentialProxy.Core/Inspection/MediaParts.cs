using System.Text.Json;

namespace CredentialProxy.Core.Inspection;

/// <summary>
/// Images, sounds and documents in a body. An image's tokens have a bound that its bytes say nothing of; how much there is in a document, a sound or a
/// file somewhere else can't be told, so such a body counts as one with unseen input.
/// </summary>
internal struct MediaParts
{
    /// <summary>
    /// The most that one image takes: Anthropic's largest about 4,800 (https://docs.anthropic.com/en/docs/build-with-claude/vision), Gemini's 258 for each of at most 16 tiles, OpenAI's patches
    /// at most 3,800 (https://platform.openai.com/docs/guides/images-vision).
    /// </summary>
    private const long ImageTokens = 8192;

    /// <summary>OpenAI multiplies images for this model: 2,833 and 5,667 for each of at most eight tiles.</summary>
    private const long Gpt4oMiniImageTokens = 48_200;

    private int _images;
    private int _dataDepth;
    private int _typeDepth;
    private bool _isImageType;

    /// <summary>Whether there is input whose size can't be told.</summary>
    public bool HasUnseen { get; private set; }

    public readonly long TokenBound(string model) => _images * (model.Contains("gpt-4o-mini", StringComparison.Ordinal) ? Gpt4oMiniImageTokens : ImageTokens);

    /// <summary>An object or array begins; its members are at this depth.</summary>
    public void OnStart(int depth)
    {
        if (_typeDepth >= depth)
        {
            _typeDepth = 0;
        }
    }

    /// <summary>Takes a string that is media or says of what kind media is; false for text.</summary>
    public bool TryTake(ref Utf8JsonReader reader, BodyKey key, int depth, BodyKey parent)
    {
        switch (key)
        {
            case BodyKey.MediaType:
                _typeDepth = depth;
                _isImageType = StartsWith(ref reader, "image/"u8);
                return false;
            case BodyKey.Data:
                _dataDepth = depth;
                return true;
            case BodyKey.ImageUrl:
            case BodyKey.Url when parent == BodyKey.ImageUrl:
                _images++;
                return true;
            case BodyKey.Url when parent == BodyKey.Source:
                HasUnseen = true;
                return true;
            default:
                return false;
        }
    }

    /// <summary>The object or array whose members are at this depth ends.</summary>
    public void OnEnd(int depth)
    {
        if (_dataDepth != depth)
        {
            return;
        }
        _dataDepth = 0;
        if (_typeDepth == depth && _isImageType)
        {
            _images++;
        }
        else
        {
            HasUnseen = true;
        }
        _typeDepth = 0;
    }

    private static bool StartsWith(ref Utf8JsonReader reader, ReadOnlySpan<byte> prefix)
    {
        Span<byte> value = stackalloc byte[256];
        var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        return length <= value.Length && value[..reader.CopyString(value)].StartsWith(prefix);
    }
}
