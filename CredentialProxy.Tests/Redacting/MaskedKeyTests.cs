namespace CredentialProxy.Tests.Redacting;

/// <summary>What providers show of a key in their errors. The key is <see cref="Redacted.Key"/>.</summary>
[Trait("threat", "key-1")]
public sealed class MaskedKeyTests
{
    public static TheoryData<string, string> Shown => new()
    {
        { "Incorrect API key provided: sk-proj-Qx7_*********************wxyz. You can find", "Incorrect API key provided: *********************************wxyz. You can find" },
        { "Incorrect API key provided: sk-proj-***wxyz.", "Incorrect API key provided: ***********wxyz." },
        { "bad key sk-proj-Qx7_aB...Ywxyz, sorry", "bad key **************...*****, sorry" },
        { "bad key sk...yz", "bad key **...**" },
        { "key sk-proj-Qx…wxyz!", "key **********…****!" },
        { "key sk-proj-Qx••••wxyz!", "key **********••••****!" },
        { "key sk-proj-Qx··········z.", "key **********··········*." },
        { "Your api key: ****wxyz is invalid", "Your api key: ******** is invalid" },
        { "Your api key: ...xyz is invalid", "Your api key: ...*** is invalid" },
        { "key \\u2026wxyz", "key \\u2026****" },
        { "key sk\\u002dproj\\u002d\\u2026w\\u0078yz", "key **\\u002a****\\u002a\\u2026*\\u002a**" },
        { "{\"message\":\"\\nsk-proj-Qx#####wxyz\\n\"}", "{\"message\":\"\\n**********#####****\\n\"}" },
        { "The key ending in wxyz is disabled", "The key ending in **** is disabled" },
        { "the key that ends with 'uYwxyz'", "the key that ends with '******'" },
        { "Last four characters of your key: wxyz", "Last four characters of your key: ****" },
        { "last 4 = \\\"wxyz\\\"", "last 4 = \\\"****\\\"" },
        { "cut off: sk-proj-Qx7_aB3dE5fG and so on", "cut off: ******************** and so on" },
        { "cut off at the end: sk-proj-Qx7_aB3dE5fG", "cut off at the end: ********************" },
    };

    [Theory]
    [MemberData(nameof(Shown))]
    public void What_an_error_shows_of_the_key_is_redacted_wherever_it_is_split(string answer, string expected)
    {
        expected = expected.Replace("*wxyz", "*****", StringComparison.Ordinal);
        var (sent, left) = (Wire(answer), Wire(expected));
        Assert.Equal(left, Redacted.Whole(sent, isError: true));
        for (var split = 0; split <= sent.Length; split++)
        {
            Assert.Equal(left, Redacted.InPieces(sent, true, split));
        }
        Assert.Equal(left, Redacted.InPieces(sent, true, [.. Enumerable.Range(0, sent.Length)]));
    }

    [Theory]
    [InlineData("{\"id\":1,\"error\":{\"message\":\"sk-proj-Qx***wxyz\"}}", "{\"id\":1,\"error\":{\"message\":\"*****************\"}}")]
    [InlineData("event: error\ndata: {\"message\":\"****wxyz\"}\n\n", "event: error\ndata: {\"message\":\"********\"}\n\n")]
    [InlineData("data: {\"choices\":[]}\n\ndata: {\"type\":\"error\",\"message\":\"...wxyz\"}\n\n", "data: {\"choices\":[]}\n\ndata: {\"type\":\"error\",\"message\":\"...****\"}\n\n")]
    public void An_error_in_an_answer_that_began_well_is_one_too(string answer, string expected)
    {
        for (var split = 0; split <= answer.Length; split++)
        {
            Assert.Equal(expected, Redacted.InPieces(answer, false, split));
        }
    }

    [Theory]
    [InlineData("see https://platform.openai.com/docs and the ending of wxyza or awxyz, at last.")]
    [InlineData("a risk... and then 1..2 xyz")]
    [InlineData("sk-proj-Qx is a beginning, wxyz an end, and *bold* text ** xyz")]
    [InlineData("...xyzzy ***vwxy sk*-*-")]
    [InlineData("{\"error\":{\"message\":\"The model `gpt-9` does not exist or you do not have access to it.\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"model_not_found\"}}")]
    public void Other_text_of_an_error_passes_as_it_is(string answer) => Assert.Equal(answer, Redacted.Whole(answer, isError: true));

    [Fact]
    public void Outside_of_errors_only_the_whole_key_is_looked_for() =>
        Assert.Equal("{\"error\":null,\"content\":\"sk-proj-Qx***wxyz\"}", Redacted.Whole("{\"error\":null,\"content\":\"sk-proj-Qx***wxyz\"}"));

    private static string Wire(string text) => System.Text.Encoding.Latin1.GetString(System.Text.Encoding.UTF8.GetBytes(text));
}
