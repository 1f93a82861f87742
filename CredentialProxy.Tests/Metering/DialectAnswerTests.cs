using System.Text;
using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Usage;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.ML.Tokenizers;

namespace CredentialProxy.Tests.Metering;

/// <summary>What every dialect's answers promise, row by row.</summary>
public sealed class DialectAnswerTests
{
    public static TheoryData<DialectRow> All => DialectRows.All;

    public static TheoryData<DialectRow> Streamed => DialectRows.Streamed;

    [Theory]
    [MemberData(nameof(All))]
    public void A_plain_answer_tells_its_usage_and_its_end(DialectRow row)
    {
        var meter = Metered.Json(row.Dialect, row.Answer);
        Assert.Equal((row.AnswerUsage, true, true, false), (meter.Usage, meter.HasUsage, meter.IsTerminal, meter.HasError));
    }

    [Theory]
    [MemberData(nameof(Streamed))]
    public void A_stream_tells_its_usage_and_its_end(DialectRow row)
    {
        var meter = Metered.Of(row.Dialect, row.StreamForm, Encoding.UTF8.GetBytes(row.Stream));
        Assert.Equal((row.StreamUsage, true, row.EndsItself, false), (meter.Usage, meter.HasUsage, meter.IsTerminal, meter.HasError));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_usage_is_the_same_wherever_an_answer_is_split(DialectRow row)
    {
        AssertSameAtEverySplit(row, AnswerForm.Json, Encoding.UTF8.GetBytes(row.Answer), row.AnswerUsage);
        AssertSameAtEverySplit(row, row.StreamForm, Encoding.UTF8.GetBytes(row.Stream), row.StreamUsage);
    }

    [Theory]
    [MemberData(nameof(Streamed))]
    public void The_usage_is_the_same_byte_by_byte_and_with_any_line_ends(DialectRow row)
    {
        foreach (var ending in new[] { "\n", "\r\n", "\r" })
        {
            var stream = Encoding.UTF8.GetBytes(row.Stream.ReplaceLineEndings(ending));
            var single = Metered.Of(row.Dialect, row.StreamForm, stream, sizes: [.. Enumerable.Repeat(1, stream.Length)]);
            Assert.Equal((row.StreamUsage, row.EndsItself), (single.Usage, single.IsTerminal));
            AssertSameAtEverySplit(row, row.StreamForm, stream, row.StreamUsage);
        }
    }

    [Property(MaxTest = 500)]
    public Property The_usage_is_the_same_however_an_answer_is_split(PositiveInt which, PositiveInt[] sizes)
    {
        var rows = Streamed.Select(data => data.Data).ToArray();
        var row = rows[which.Get % rows.Length];
        var meter = Metered.Of(row.Dialect, row.StreamForm, Encoding.UTF8.GetBytes(row.Stream), keepsText: true, [.. sizes.Select(size => size.Get)]);
        return (meter.Usage == row.StreamUsage && meter.HasUsage && meter.IsTerminal == row.EndsItself).ToProperty();
    }

    [Theory]
    [MemberData(nameof(Streamed))]
    public void A_stream_without_its_last_bytes_never_has_other_usage_than_it_told(DialectRow row)
    {
        var stream = Encoding.UTF8.GetBytes(row.Stream);
        for (var length = 0; length < stream.Length; length++)
        {
            var meter = Metered.Of(row.Dialect, row.StreamForm, stream.AsSpan(0, length));
            Assert.True(meter.Usage.InputTokens is 0 || meter.Usage.InputTokens == row.StreamUsage.InputTokens);
            Assert.True(meter.Usage.OutputTokens <= row.StreamUsage.OutputTokens);
            Assert.True(!meter.HasUsage || meter.HasInputUsage);
        }
    }

    [Theory]
    [MemberData(nameof(Streamed))]
    public void The_end_is_known_before_the_last_byte_has_been_handed_on(DialectRow row)
    {
        var stream = Encoding.UTF8.GetBytes(row.Stream.TrimEnd('\n') + "\n\n");
        var meter = new UsageMeter(row.Dialect, row.StreamForm, keepsText: false);
        meter.Observe(stream);
        Assert.Equal(row.EndsItself, meter.IsTerminal);
    }

    [Theory]
    [MemberData(nameof(Streamed))]
    public void Text_is_counted_where_the_figure_is_missing(DialectRow row)
    {
        if (row.Text.Length == 0)
        {
            // Its every event tells the usage so far.
            var first = Encoding.UTF8.GetBytes(row.Stream.Split("\n\n")[0] + "\n\n");
            Assert.True(row.StreamForm == AnswerForm.Json || Metered.Of(row.Dialect, row.StreamForm, first).HasUsage);
            return;
        }
        var cut = Encoding.UTF8.GetBytes(row.Stream.Replace("\"usage\":{", "\"other\":{", StringComparison.Ordinal));
        var meter = new UsageMeter(row.Dialect, row.StreamForm, keepsText: true, "gpt-5");
        foreach (var next in cut)
        {
            meter.Observe([next]);
        }
        meter.Complete();
        var exact = TiktokenTokenizer.CreateForEncoding("o200k_base").CountTokens(row.Text);
        Assert.False(meter.HasUsage);
        Assert.Equal(exact, meter.EstimateOutputTokens());
        var foreign = new UsageMeter(row.Dialect, row.StreamForm, keepsText: true, "claude-sonnet-4-5");
        foreign.Observe(cut);
        foreign.Complete();
        Assert.Equal((long)Math.Ceiling(exact * 1.2), foreign.EstimateOutputTokens());
    }

    private static void AssertSameAtEverySplit(DialectRow row, AnswerForm form, byte[] answer, TokenUsage expected)
    {
        for (var split = 0; split < answer.Length; split++)
        {
            var usage = Metered.Of(row.Dialect, form, answer, keepsText: true, split).Usage;
            Assert.True(expected == usage, $"split at {split}: {usage}");
        }
    }
}
