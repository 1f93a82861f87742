using System.Text;
using CredentialProxy.Core.Metering;
using Microsoft.ML.Tokenizers;

namespace CredentialProxy.Tests.Metering;

public sealed class OutputTextTests
{
    private static readonly TiktokenTokenizer O200k = TiktokenTokenizer.CreateForEncoding("o200k_base");

    [Theory]
    [InlineData("The quick brown fox jumps over the lazy dog.", 0)]
    [InlineData("The quick brown fox jumps over the lazy dog. ", 1)]
    [InlineData("def add(a, b):\n    return a + b\n\n", 1)]
    [InlineData("Grüße aus Köln, 你好世界! 😀 ", 1)]
    [InlineData("{\"key\":\"value\",\"n\":12345}", 1)]
    public void A_long_text_is_counted_in_bounded_memory_and_nearly_exactly(string sentence, int tokensASeam)
    {
        var text = string.Concat(Enumerable.Repeat(sentence, 200_000 / sentence.Length));
        var exact = O200k.CountTokens(text);
        var counted = new OutputText("gpt-5");
        foreach (var part in Encoding.UTF8.GetBytes(text).Chunk(777))
        {
            counted.Append(part);
        }
        var seams = Encoding.UTF8.GetByteCount(text) / 512 + 1;
        Assert.InRange(counted.EstimateTokens(), exact - (tokensASeam * seams), exact + (tokensASeam * seams));
    }

    [Fact]
    public void The_count_is_the_same_however_the_text_arrives()
    {
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("naïve 你好 😀 ", 5000)));
        var whole = new OutputText("gpt-5");
        whole.Append(text);
        var pieces = new OutputText("gpt-5");
        foreach (var part in text.Chunk(1001))
        {
            pieces.Append(part);
        }
        Assert.Equal(whole.EstimateTokens(), pieces.EstimateTokens());
        Assert.Equal(whole.EstimateTokens(), whole.EstimateTokens());
    }

    [Theory]
    [InlineData("gpt-4o-mini", 1000)]
    [InlineData("openai/o3", 1000)]
    [InlineData("gpt-3.5-turbo", 1200)]
    [InlineData("claude-opus-4-1", 1200)]
    [InlineData("", 1200)]
    public void A_margin_is_added_where_the_tokenizer_is_not_known(string model, long expected)
    {
        var text = new OutputText(model);
        text.Append(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(" one", 1000))));
        Assert.Equal(expected, text.EstimateTokens());
    }

    [Fact]
    public void Nothing_counts_nothing() => Assert.Equal(0, new OutputText("gpt-5").EstimateTokens());
}
