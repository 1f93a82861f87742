using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CredentialProxy.Core.Metering;
using Microsoft.ML.Tokenizers;

namespace CredentialProxy.Tests.Metering;

public sealed class InputSampleTests
{
    private static readonly TiktokenTokenizer O200k = TiktokenTokenizer.CreateForEncoding("o200k_base");
    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Texts =>
    [
        "Please read the following notes about foxes, dogs and the weather. ",
        "if (count > 0)\n{\n    return items[count - 1];\n}\n",
        "#$%&()*+,-/:;<=>?@[]^_`{|}~ 0 1 2 3 ",
        "你好，世界。今天天气很好，我们去公园散步吧。",
        "Grüße aus Köln, naïve façade 😀 ",
        "𒀀𒐫𒁍𒂊𒈬𒆠𒍣𒋗",
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_counts_no_less_than_its_tokens_and_not_twice_as_much(string text)
    {
        foreach (var repeats in new[] { 1, 2000 })
        {
            var whole = string.Concat(Enumerable.Repeat(text, repeats));
            var exact = O200k.CountTokens(whole);
            foreach (var options in new[] { Unescaped, JsonSerializerOptions.Default })
            {
                var json = JsonSerializer.SerializeToUtf8Bytes(whole, options);
                var estimate = InputSample.Of(new ReadOnlySequence<byte>(json)).EstimateTokens(json.Length, "gpt-5");
                // Where pieces begin and end in the middle of an escape, or of a word, there is more to count.
                Assert.InRange(estimate, exact, Math.Min(json.Length, (3 * exact) + 20));
            }
        }
    }

    [Fact]
    public void What_is_dense_is_found_wherever_it_is()
    {
        // A tenth of the bytes has nearly half of the tokens. Of one sample alone little is said; of many, the sum is not too small.
        var text = string.Concat(Enumerable.Repeat("Please read these notes about foxes and dogs. ", 900)) + string.Concat(Enumerable.Repeat("𒀀𒐫𒁍𒂊", 290));
        var json = Encoding.UTF8.GetBytes(text);
        var exact = O200k.CountTokens(text);
        var sum = Enumerable.Range(0, 200).Sum(_ => InputSample.Of(new ReadOnlySequence<byte>(json)).EstimateTokens(json.Length, "gpt-5"));
        Assert.InRange(sum / 200, exact, 2 * exact);
    }

    [Theory]
    [InlineData("𒀀𒐫𒁍𒂊", 5)]
    [InlineData("你好，世界。今天天气很好，我们去公园散步吧。", 2000)]
    public void What_stands_around_a_text_does_not_make_it_thinner(string part, int repeats)
    {
        var text = string.Concat(Enumerable.Repeat(part, repeats));
        var body = Encoding.UTF8.GetBytes($$$"""{"model":"gpt-5","stream":true,"max_tokens":80,"messages":[{"role":"user","content":"{{{text}}}"}],"metadata":{"about":"{{{string.Concat(Enumerable.Repeat("Please read this. ", repeats))}}}"}}""");
        var (exact, textBytes) = (O200k.CountTokens(text), Encoding.UTF8.GetByteCount(text));
        var sum = Enumerable.Range(0, 200).Sum(_ => InputSample.Of(new ReadOnlySequence<byte>(body)).EstimateTokens(textBytes, "gpt-5"));
        Assert.InRange(sum / 200, exact, textBytes);
    }

    [Theory]
    [InlineData("gpt-5", 1)]
    [InlineData("some-other-model", 1.2)]
    public void A_model_whose_tokenizer_is_not_known_has_a_margin(string model, double margin)
    {
        var text = Encoding.UTF8.GetBytes("The quick brown fox jumps over the lazy dog.");
        Assert.Equal((long)Math.Ceiling(10 * margin), InputSample.Of(new ReadOnlySequence<byte>(text)).EstimateTokens(text.Length, model));
    }

    [Fact]
    public void No_body_makes_it_fail_or_count_more_than_there_are_bytes()
    {
        var bytes = new byte[5000];
        for (var length = 0; length < bytes.Length; length = (length * 5 / 4) + 1)
        {
            foreach (var filler in new byte[] { (byte)'\\', 0x80, 0xF0, 0xFF, (byte)'u' })
            {
                bytes.AsSpan().Fill(filler);
                Assert.InRange(InputSample.Of(new ReadOnlySequence<byte>(bytes, 0, length)).EstimateTokens(length, ""), 0, length);
            }
        }
    }
}
