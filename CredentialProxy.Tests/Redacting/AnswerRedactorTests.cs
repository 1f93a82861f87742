using System.Text.Json.Nodes;
using CredentialProxy.Gateway.Redacting;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Redacting;

[Trait("threat", "key-1")]
[Trait("threat", "key-9")]
public sealed class AnswerRedactorTests
{
    private const string Text = """{"id":"chatcmpl-1","error":null,"choices":[{"message":{"role":"assistant","content":"caf\u00e9 100% \"sk-proj-\" \\ a/b %20 c2stcHJvai0= \n"}}]}""";

    public static MatrixTheoryData<string, bool> Writings => new(KeyWriting.All.Keys, [false, true]);

    [Theory]
    [MemberData(nameof(Writings))]
    public void The_key_does_not_pass_in_any_form_wherever_the_answer_is_split(string writing, bool isError)
    {
        var written = KeyWriting.All[writing](Redacted.Key);
        var answer = $$$"""{"before":"x","echo":"it was {{{written}}}, you see","after":[1,2]}""";
        Assert.True(KeyWriting.CanBeReadOutOf(answer, Redacted.Key));

        var expected = Redacted.Whole(answer, isError);

        Assert.False(KeyWriting.CanBeReadOutOf(expected, Redacted.Key), expected);
        Assert.Equal(answer.Length, expected.Length);
        var json = JsonNode.Parse(expected)!;
        Assert.Equal(("x", 2), ((string?)json["before"], (int)json["after"]![1]!));
        Assert.StartsWith("it was ", (string?)json["echo"], StringComparison.Ordinal);
        Assert.EndsWith(", you see", (string?)json["echo"], StringComparison.Ordinal);
        for (var split = 0; split <= answer.Length; split++)
        {
            Assert.Equal(expected, Redacted.InPieces(answer, isError, split));
        }
        Assert.Equal(expected, Redacted.InPieces(answer, isError, [.. Enumerable.Range(0, answer.Length)]));
    }

    public static TheoryData<string> Names => [.. KeyWriting.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_key_does_not_pass_as_the_whole_answer_its_beginning_or_its_end(string writing)
    {
        var written = KeyWriting.All[writing](Redacted.Key);
        foreach (var answer in new[] { written, written + " is wrong", "wrong: " + written, written + written, "\n\n" + written + "\n\n" })
        {
            var redacted = Redacted.InPieces(answer, false, answer.Length / 2);
            Assert.False(KeyWriting.CanBeReadOutOf(redacted, Redacted.Key), redacted);
            Assert.Equal(answer.Length, redacted.Length);
        }
    }

    [Property(MaxTest = 500)]
    public Property However_it_is_split_the_same_leaves()
    {
        var piece = Gen.OneOf(
            Gen.Elements([.. KeyWriting.All.Values.Select(write => write(Redacted.Key))]),
            Gen.Elements("\\", "\\\\", "\\u00", "\\u0073", "%", "%7", "%25", "sk-", "sk-proj-", Redacted.Key[..20], Redacted.Key[5..], "\"error\":", "\"error\":null", "event: error\n", "***", "…", "\n\n", "data: ", "xyz", "wxyz", "c2st", " last 4 "),
            ArbMap.Default.ArbFor<NonNull<string>>().Generator.Select(text => text.Get));
        var answers = from pieces in piece.ListOf() from cuts in Gen.Choose(0, 10_000).ListOf() from isError in ArbMap.Default.GeneratorFor<bool>() select (string.Concat(pieces), cuts, isError);
        return Prop.ForAll(answers.ToArbitrary(), drawn =>
        {
            var (answer, cuts, isError) = drawn;
            answer = string.Concat(answer.Where(character => character < 256));
            var whole = Redacted.Whole(answer, isError);
            return !KeyWriting.CanBeReadOutOf(whole, Redacted.Key) && whole.Length == answer.Length
                && whole == Redacted.InPieces(answer, isError, [.. cuts.Select(cut => cut % (answer.Length + 1))]);
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_not_the_key_s_passes_as_it_is(bool isError) => Assert.Equal(Text, Redacted.Whole(Text, isError));

    [Fact]
    public void The_end_of_an_event_is_never_held_back()
    {
        string[] events =
        [
            "data: {\"delta\":\"s\"}\n\n", "data: {\"delta\":\"sk-proj-\"}\n\n", ": sk-proj-\n\n", "event: e\ndata: \\u0073k\n\n", "data: ****\n\n", "data: last 4\r\n\r\n", "data: [DONE]\n\n",
        ];
        Assert.Equal([.. events, ""], Redacted.Pieces(events));
        Assert.Equal([.. events, ""], Redacted.Pieces(events, isError: true));
    }

    [Fact]
    public void Only_what_may_be_the_key_s_beginning_is_held_back_and_the_next_bytes_release_it()
    {
        Assert.Equal(["data: {\"a\":\"", "sk-pr ", "x", ""], Redacted.Pieces(["data: {\"a\":\"sk-p", "r ", "x"]));
        Assert.Equal(["the value ", "", "", "sk-"], Redacted.Pieces(["the value s", "k", "-"]));
        Assert.Equal(["no form ends in a full stop.", ""], Redacted.Pieces(["no form ends in a full stop."]));
    }

    [Fact]
    public void A_hostile_answer_makes_it_hold_no_more_than_its_bound()
    {
        foreach (var unit in new[] { "\\", "%25", "s", "*", "\\\\\\\\\\\\\\\\u0073", "sk-proj-", "a", Redacted.Key[..^1] })
        {
            var answer = string.Concat(Enumerable.Repeat(unit, 200_000 / unit.Length));
            // The bound is asserted after every piece.
            var redacted = Redacted.InPieces(answer, true, [.. Enumerable.Range(1, 20).Select(i => i * 9_000)]);
            Assert.Equal(answer.Length, redacted.Length);
        }
    }

    [Theory]
    [InlineData("a+key/with=signs&more")]
    [InlineData("back\\slash\"quote/key")]
    [InlineData("100%25-of-a%key%41")]
    [InlineData("aaaaaaaaaaaaaaaa")]
    [InlineData("8letters")]
    public void Keys_of_any_printable_characters_are_found(string key)
    {
        foreach (var (name, write) in KeyWriting.All)
        {
            var answer = "{\"echo\":\"" + write(key) + "\"}";
            var redacted = Redacted.Whole(answer, key: key);
            Assert.True(redacted != answer && !redacted.Contains(write(key), StringComparison.Ordinal), $"{name}: {redacted}");
        }
        var json = new JsonObject { ["echo"] = key }.ToJsonString();
        Assert.DoesNotContain(key, (string?)JsonNode.Parse(Redacted.Whole(json, key: key))!["echo"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_too_short_to_be_told_from_other_text_is_not_looked_for() =>
        Assert.Equal("the keys key is short", Redacted.Whole("the keys key is short", isError: true, key: "keys"));

    [Fact]
    public void An_answer_without_the_key_is_not_copied_and_nothing_is_held()
    {
        var redactor = new AnswerRedactor(new KeyForms(Redacted.Key), isError: false);
        var bytes = System.Text.Encoding.UTF8.GetBytes(Text);
        var free = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            free += redactor.Redact(bytes.AsSpan(redactor.Restore(bytes)));
        }
        // The runtime itself may allocate a little while it gets to know the method.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 9_999);
        Assert.Equal(10_000 * bytes.Length, free);
    }
}
