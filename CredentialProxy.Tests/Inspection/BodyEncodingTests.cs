using System.Text;
using System.Text.Unicode;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Providers;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Inspection;

/// <summary>Bytes that one decoder reads in this way and another in that.</summary>
public sealed class BodyEncodingTests
{
    [Theory]
    [Trait("threat", "spend-8")]
    [InlineData("a lone continuation", "80")]
    [InlineData("a quotation mark in two bytes", "C0A2")]
    [InlineData("a quotation mark in three", "E080A2")]
    [InlineData("a surrogate", "EDA080")]
    [InlineData("beyond Unicode", "F4908080")]
    [InlineData("never a byte of UTF-8", "FF")]
    [InlineData("cut short", "E282")]
    public void Bytes_that_are_no_UTF_8_are_refused_wherever_they_stand(string what, string hex)
    {
        foreach (var template in new[] { """{"model":"m","messages":[{"content":"#"}]}""", """{"model":"m","#":1}""", """{"mod#el":"x","model":"m"}""", """{"model":"m#"}""" })
        {
            var parts = template.Split('#');
            byte[] body = [.. Encoding.UTF8.GetBytes(parts[0]), .. Convert.FromHexString(hex), .. Encoding.UTF8.GetBytes(parts[1])];
            for (var split = 0; split <= body.Length; split++)
            {
                var error = RequestInspector.Inspect(Dialect.OpenAIChat, Bodies.Split(body, split), null, isStreamPath: false, out _);
                Assert.True(error?.Message.Contains("UTF-8", StringComparison.Ordinal) == true, what);
            }
        }
    }

    [Theory]
    [InlineData("é ü € 😀 \u0000 \uFFFD \u2028 ſK")]
    public void Whatever_is_UTF_8_passes_wherever_it_is_split(string text)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"model":"m","messages":[{"content":{{System.Text.Json.JsonSerializer.Serialize(text)}},"raw":"{{text.Replace("\u0000", "", StringComparison.Ordinal)}}"}]}""");
        for (var first = 0; first <= body.Length; first++)
        {
            Assert.Null(RequestInspector.Inspect(Dialect.OpenAIChat, Bodies.Split(body, first, Math.Min(body.Length, first + 1), Math.Min(body.Length, first + 2)), null, isStreamPath: false, out _));
        }
    }

    [Property(MaxTest = 2000)]
    public Property The_verdict_is_that_of_the_whole_however_it_is_split() => Prop.ForAll(Splits.ToArbitrary(), it =>
    {
        var (bytes, offsets) = it;
        // An 'x' before: the beginning is looked at for other encodings.
        byte[] body = [(byte)'x', (byte)'x', (byte)'x', .. bytes];
        var verdict = BodyEncoding.Refuse(Bodies.Split(body, [.. offsets.Select(offset => offset % (body.Length + 1)).Order()]));
        Assert.Equal(Utf8.IsValid(body), verdict is null);
    });

    // Pieces of characters, whole and broken.
    private static Gen<(byte[] Bytes, int[] Offsets)> Splits =>
        from pieces in Gen.ListOf(Gen.Elements<byte[]>([0x61], [0xC3, 0xA9], [0xE2, 0x82, 0xAC], [0xF0, 0x9F, 0x98, 0x80], [0xE2, 0x82], [0x80], [0xF0, 0x9F], [0xC0, 0x80], [0xED, 0xA0, 0x80]))
        from offsets in Gen.ArrayOf(Gen.Choose(0, 64))
        select (pieces.SelectMany(piece => piece).ToArray(), offsets);
}
