using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace CredentialProxy.Core.Metering;

/// <summary>
/// The text of an answer, as far as it has passed, for counting its tokens should the provider's figure never come. Bounded: what exceeds the buffer
/// is counted and let go. Counts are exact for OpenAI's current models (o200k_base), save for a token at each kilobyte that has no blank in it; only text counts that the client was sent, so reasoning that
/// a provider keeps to itself is not in it.
/// </summary>
internal sealed class OutputText(string model)
{
    private const int MaxBuffered = 32 * 1024;

    /// <summary>
    /// Text is counted in slices, for byte-pair encoding takes a time that grows with the square of a word, and a model can be made to write words of any
    /// length.
    /// </summary>
    private const int SliceLength = 1024;

    // Only OpenAI publishes its tokenizer. The others' texts come out up to a fifth longer in theirs.
    private const double ForeignMargin = 1.2;

    private static readonly string[] ExactModels = ["gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-oss", "chatgpt-4o", "o1", "o3", "o4"];

    private static readonly Lazy<Tokenizer> O200k = new(() => TiktokenTokenizer.CreateForEncoding("o200k_base"));

    private byte[]? _buffer;
    private int _length;
    private long _counted;

    /// <summary>Loads the tokenizer's vocabulary, which takes a moment, before anyone waits for it.</summary>
    public static void Warm() => _ = O200k.Value;

    /// <summary>Takes the next text, split anywhere.</summary>
    public void Append(ReadOnlySpan<byte> utf8)
    {
        while (!utf8.IsEmpty)
        {
            if (_length == MaxBuffered)
            {
                Count(isEnd: false);
            }
            var part = utf8[..Math.Min(utf8.Length, MaxBuffered - _length)];
            EnsureRoom(part.Length);
            part.CopyTo(_buffer.AsSpan(_length));
            _length += part.Length;
            utf8 = utf8[part.Length..];
        }
    }

    /// <summary>Tokens of the text so far, with a margin where the model's own tokenizer isn't known.</summary>
    public long EstimateTokens()
    {
        Count(isEnd: true);
        return (long)Math.Ceiling(_counted * MarginOf(model));
    }

    /// <summary>Forgets the text.</summary>
    public void Drop()
    {
        _length = 0;
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }
    }

    /// <summary>Tokens of a text that is short.</summary>
    public static int Count(string text) => O200k.Value.CountTokens(text);

    /// <summary>By how much a count is to be raised for a model.</summary>
    public static double MarginOf(string model) => IsExact(model) ? 1 : ForeignMargin;

    private static bool IsExact(string model)
    {
        // "openai/gpt-5" at OpenRouter.
        var name = model.AsSpan(model.StartsWith("openai/", StringComparison.Ordinal) ? "openai/".Length : 0);
        foreach (var exact in ExactModels)
        {
            if (name.StartsWith(exact, StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }

    private void EnsureRoom(int count)
    {
        if (_buffer is not null && _length + count <= _buffer.Length)
        {
            return;
        }
        var larger = ArrayPool<byte>.Shared.Rent(Math.Clamp(2 * (_length + count), 512, MaxBuffered));
        if (_buffer is not null)
        {
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
        }
        _buffer = larger;
    }

    private void Count(bool isEnd)
    {
        var rest = _buffer.AsSpan(0, _length);
        while (rest.Length > SliceLength || (isEnd && !rest.IsEmpty))
        {
            var slice = rest.Length > SliceLength ? rest[..Seam(rest)] : rest;
            _counted += Count(Encoding.UTF8.GetString(slice));
            rest = rest[slice.Length..];
        }
        rest.CopyTo(_buffer);
        _length = rest.Length;
        if (_length == 0)
        {
            Drop();
        }
    }

    // Before the last blank, since o200k_base has blanks at the beginning of words; else at the beginning of a character.
    private static int Seam(ReadOnlySpan<byte> text)
    {
        var blank = text[..SliceLength].LastIndexOf((byte)' ');
        if (blank > SliceLength / 2)
        {
            return blank;
        }
        var seam = SliceLength;
        while (seam > SliceLength - 4 && (text[seam] & 0xC0) == 0x80)
        {
            seam--;
        }
        return seam;
    }
}
