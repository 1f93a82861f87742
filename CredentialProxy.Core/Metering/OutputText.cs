using System.Buffers;
using System.Text;
using CredentialProxy.Core.Providers;
using Microsoft.ML.Tokenizers;

namespace CredentialProxy.Core.Metering;

/// <summary>
/// The text of an answer, as far as it has passed, for counting its tokens should the provider's figure never come. Bounded: what exceeds the buffer is counted and let go.
/// </summary>
internal sealed class OutputText(Dialect dialect)
{
    private const int MaxBuffered = 32 * 1024;

    // Only OpenAI publishes its tokenizer. The others' texts come out up to a fifth longer in theirs.
    private const double ForeignMargin = 1.2;

    private static readonly Lazy<Tokenizer> O200k = new(() => TiktokenTokenizer.CreateForEncoding("o200k_base"));

    private readonly ArrayBufferWriter<byte> _buffer = new(256);
    private long _counted;

    /// <summary>Loads the tokenizer's vocabulary, which takes a moment, before anyone waits for it.</summary>
    public static void Warm() => _ = O200k.Value;

    public void Append(ReadOnlySpan<byte> utf8)
    {
        if (_buffer.WrittenCount + utf8.Length > MaxBuffered)
        {
            Count();
        }
        if (utf8.Length > MaxBuffered)
        {
            // One piece beyond the bound: at least three bytes of text make a token.
            _counted += utf8.Length / 3;
            return;
        }
        _buffer.Write(utf8);
    }

    /// <summary>Tokens of the text so far, with the margin.</summary>
    public long EstimateTokens()
    {
        Count();
        return dialect is Dialect.OpenAIChat or Dialect.OpenAICompletions or Dialect.OpenAIResponses ? _counted : (long)Math.Ceiling(_counted * ForeignMargin);
    }

    private void Count()
    {
        if (_buffer.WrittenCount > 0)
        {
            _counted += O200k.Value.CountTokens(Encoding.UTF8.GetString(_buffer.WrittenSpan));
            _buffer.ResetWrittenCount();
        }
    }
}
