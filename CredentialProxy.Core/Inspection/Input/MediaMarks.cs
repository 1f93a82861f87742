using System.Text.Json;

namespace CredentialProxy.Core.Inspection.Input;

/// <summary>
/// What the objects that are open say of their kind (<c>type</c>) and their data's (<c>media_type</c>), one bit a depth. Of an object that says it twice nothing is
/// believed but what makes it dearer.
/// </summary>
internal struct MediaMarks
{
    private const int MaxDepth = 64;
    private const int MaxLength = 256;

    private ulong _hasType;
    private ulong _images;
    private ulong _generatedImages;
    private ulong _texts;
    private ulong _hasMediaType;
    private ulong _imageData;
    private ulong _textData;

    /// <summary>Forgets what an object said whose members were at this depth.</summary>
    public void Clear(int depth)
    {
        var keep = ~Bit(depth);
        _hasType &= keep;
        _images &= keep;
        _generatedImages &= keep;
        _texts &= keep;
        _hasMediaType &= keep;
        _imageData &= keep;
        _textData &= keep;
    }

    /// <summary>An object says of what kind it is.</summary>
    public void SetType(ref Utf8JsonReader reader, int depth)
    {
        var bit = Bit(depth);
        Set(ref _images, bit, _hasType, reader.ValueTextEquals("image"u8));
        Set(ref _generatedImages, bit, _hasType, reader.ValueTextEquals("image_generation_call"u8));
        _texts |= reader.ValueTextEquals("text"u8) ? bit : 0;
        _hasType |= bit;
    }

    /// <summary>An object says of what kind its data is.</summary>
    public void SetMediaType(ref Utf8JsonReader reader, int depth)
    {
        Span<byte> value = stackalloc byte[MaxLength];
        var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        value = length <= MaxLength ? value[..reader.CopyString(value)] : default;
        var bit = Bit(depth);
        Set(ref _imageData, bit, _hasMediaType, value.StartsWith("image/"u8));
        Set(ref _textData, bit, _hasMediaType, value.StartsWith("text/"u8));
        _hasMediaType |= bit;
    }

    /// <summary>Whether the object is an image.</summary>
    public readonly bool IsImage(int depth) => (_images & Bit(depth)) != 0;

    /// <summary>Whether the object is an image that the model made earlier.</summary>
    public readonly bool IsGeneratedImage(int depth) => (_generatedImages & Bit(depth)) != 0;

    /// <summary>Whether the object's data is an image.</summary>
    public readonly bool IsImageData(int depth) => (_imageData & Bit(depth)) != 0;

    /// <summary>Whether the object's data is text.</summary>
    public readonly bool IsText(int depth) => ((_texts | _textData) & Bit(depth)) != 0;

    private static void Set(ref ulong marks, ulong bit, ulong seen, bool isSet) => marks = isSet && (seen & bit) == 0 ? marks | bit : marks & ~bit;

    private static ulong Bit(int depth) => depth < MaxDepth ? 1UL << depth : 0;
}
