using System.Text;
using System.Text.Json;
using CredentialProxy.Core.Metering;

namespace CredentialProxy.Tests.Metering;

public sealed class UnescapeTests
{
    [Theory]
    [InlineData("\"", "\"")]
    [InlineData("\\", "\\")]
    [InlineData("/", "/")]
    [InlineData("n", "\n")]
    [InlineData("r", "\r")]
    [InlineData("t", "\t")]
    [InlineData("b", "\b")]
    [InlineData("f", "\f")]
    [InlineData("u0041", "A")]
    [InlineData("u00e9", "é")]
    [InlineData("u4F60", "你")]
    [InlineData("ud83d|uDE00", "😀")]
    [InlineData("ud83d|n", "\n")]
    [InlineData("ude00", "\uFFFD")]
    [InlineData("ud83d|u0041", "A")]
    [InlineData("ud83d|u0041|ude00", "A\uFFFD")]
    public void Escapes_are_read_as_the_standard_says(string escapes, string expected)
    {
        var unescape = default(Unescape);
        var text = new StringBuilder();
        foreach (var escape in escapes.Split('|'))
        {
            for (var i = 0; i < escape.Length; i++)
            {
                Assert.Equal(i < escape.Length - 1, unescape.TakesMore((byte)escape[i]));
            }
            text.Append(Encoding.UTF8.GetString(unescape.Text));
        }
        Assert.Equal(expected, text.ToString());
    }

    [Fact]
    public void Every_character_of_the_basic_plane_is_read_like_the_platform_does()
    {
        for (var unit = 0; unit < 0xD800; unit++)
        {
            var unescape = default(Unescape);
            foreach (var next in Encoding.ASCII.GetBytes($"u{unit:X4}"))
            {
                unescape.TakesMore(next);
            }
            Assert.Equal(JsonSerializer.Deserialize<string>($"\"\\u{unit:x4}\""), Encoding.UTF8.GetString(unescape.Text));
        }
    }
}
