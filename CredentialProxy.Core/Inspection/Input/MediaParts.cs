using System.Text.Json;

namespace CredentialProxy.Core.Inspection.Input;

/// <summary>
/// Images, sounds and documents in a body. An image's tokens have a bound that its bytes say nothing of; how much there is in a document, a sound or a
/// file somewhere else can't be told, so such a body counts as one with unseen input.
/// </summary>
internal struct MediaParts
{
    /// <summary>
    /// The most that one image takes: OpenAI's 10,000 patches at <c>detail: original</c>, 3,800 otherwise
    /// (https://platform.openai.com/docs/guides/images-vision), Anthropic's 4,800 (https://docs.anthropic.com/en/docs/build-with-claude/vision), Gemini's 258 for each of at most 16 tiles (https://ai.google.dev/gemini-api/docs/media-resolution).
    /// </summary>
    private const long ImageTokens = 12_000;

    /// <summary>OpenAI multiplies images for this model: 2,833 and 5,667 for each of at most eight tiles.</summary>
    private const long Gpt4oMiniImageTokens = 48_200;

    private int _images;
    private int _dataDepth;
    private long _dataLength;
    private MediaMarks _marks;

    /// <summary>Whether there is input whose size can't be told.</summary>
    public bool HasUnseen { get; private set; }

    /// <summary>Whether there are images.</summary>
    public readonly bool HasImages => _images > 0;

    /// <summary>The most tokens that the images take.</summary>
    public readonly long TokenBound(string model) => _images * (model.Contains("gpt-4o-mini", StringComparison.Ordinal) ? Gpt4oMiniImageTokens : ImageTokens);

    /// <summary>An object or array begins; its members are at this depth.</summary>
    public void OnStart(int depth) => _marks.Clear(depth);

    /// <summary>Takes a string that is media; false for text, of which one that says of what kind media is, is noted.</summary>
    public bool TryTake(ref Utf8JsonReader reader, BodyKey key, int depth, BodyKey parent)
    {
        switch (key)
        {
            case BodyKey.Type:
                _marks.SetType(ref reader, depth);
                HasUnseen |= reader.ValueTextEquals("item_reference"u8);
                return false;
            case BodyKey.MediaType:
                _marks.SetMediaType(ref reader, depth);
                return false;
            case BodyKey.Data when parent is BodyKey.Source or BodyKey.InlineData or BodyKey.InputAudio:
                // Its kind may be told after it.
                HasUnseen |= _dataDepth != 0 && _dataDepth != depth;
                _dataDepth = depth;
                _dataLength += LengthOf(ref reader);
                return true;
            case BodyKey.ImageUrl:
            case BodyKey.Url when parent == BodyKey.ImageUrl:
                return TakeImageUrl(ref reader);
            case BodyKey.Result when _marks.IsGeneratedImage(depth):
                _images++;
                return true;
            case BodyKey.Url when parent == BodyKey.Source:
                return TakeSourceUrl(isImage: _marks.IsImage(depth - 1));
            case BodyKey.FileData:
            case BodyKey.VideoUrl:
            case BodyKey.Url when parent == BodyKey.VideoUrl:
            case BodyKey.Id when parent == BodyKey.Audio:
                HasUnseen = true;
                return true;
            default:
                return false;
        }
    }

    /// <summary>The object or array whose members are at this depth ends. Tells how many bytes of its data turned out to be text.</summary>
    public long OnEnd(int depth)
    {
        if (_dataDepth != depth)
        {
            return 0;
        }
        var length = _dataLength;
        (_dataDepth, _dataLength) = (0, 0);
        if (_marks.IsText(depth))
        {
            return length;
        }
        if (_marks.IsImageData(depth))
        {
            _images++;
        }
        else
        {
            HasUnseen = true;
        }
        return 0;
    }

    private bool TakeImageUrl(ref Utf8JsonReader reader)
    {
        // Something else than an image in a data URL, or hidden by an escape, is not bounded like one.
        Span<byte> start = stackalloc byte[10];
        start = start[..CopyStart(ref reader, start)];
        if (start.Contains((byte)'\\') || (start.StartsWith("data:"u8) && !start.StartsWith("data:image"u8)))
        {
            HasUnseen = true;
        }
        else
        {
            _images++;
        }
        return true;
    }

    private bool TakeSourceUrl(bool isImage)
    {
        HasUnseen |= !isImage;
        _images += isImage ? 1 : 0;
        return true;
    }

    private static int CopyStart(ref Utf8JsonReader reader, scoped Span<byte> start)
    {
        var length = (int)Math.Min(start.Length, LengthOf(ref reader));
        if (reader.HasValueSequence)
        {
            System.Buffers.BuffersExtensions.CopyTo(reader.ValueSequence.Slice(0, length), start);
        }
        else
        {
            reader.ValueSpan[..length].CopyTo(start);
        }
        return length;
    }

    private static long LengthOf(ref Utf8JsonReader reader) => reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
}
