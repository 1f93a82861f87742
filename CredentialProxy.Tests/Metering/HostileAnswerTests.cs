using System.Buffers;
using System.Text;
using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Providers;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Metering;

/// <summary>Bytes that are no answer at all.</summary>
public sealed class HostileAnswerTests
{
    private static readonly string[] Fragments =
    [
        "{", "}", "[", "]", "\"", "\\", ",", ":", "\n", "\r", " ", "data:", "data: ", "[DONE]", "\"usage\"", "\"usageMetadata\":", "\"usage\":{", "\"prompt_tokens\":", "1", "-", "1e999", "\"type\"", "\"message_stop\"",
        "\\u", "\\ud83d", "\\udE00", "00e9", "\"delta\":\"", "\"text\":\"", "null", "true", "\uFEFF", "é", "😀", "\0", "\"choices\":[]", "\"response\":{",
    ];

    public static Arbitrary<byte[]> Answers { get; } = Gen.OneOf(
        Gen.Elements(Fragments).ListOf().Select(parts => Encoding.UTF8.GetBytes(string.Concat(parts))),
        ArbMap.Default.GeneratorFor<byte[]>(),
        Gen.Elements(DialectRows.Streamed.Select(data => data.Data.Stream).ToArray()).SelectMany(Mutate)).ToArbitrary();

    [Property(MaxTest = 2000)]
    [Trait("threat", "spend-3")]
    public Property No_bytes_make_a_meter_fail_and_no_split_changes_what_it_reads(PositiveInt[] sizes) => Prop.ForAll(Answers, answer =>
    {
        foreach (var dialect in Enum.GetValues<Dialect>())
        {
            foreach (var form in Enum.GetValues<AnswerForm>())
            {
                var whole = Metered.Of(dialect, form, answer);
                var split = Metered.Of(dialect, form, answer, keepsText: true, [.. sizes.Select(size => size.Get)]);
                Assert.Equal(
                    (whole.Usage, whole.HasUsage, whole.HasInputUsage, whole.IsTerminal, whole.HasError),
                    (split.Usage, split.HasUsage, split.HasInputUsage, split.IsTerminal, split.HasError));
                Assert.Equal(whole.EstimateOutputTokens(), split.EstimateOutputTokens());
                Assert.True(whole.Usage is { InputTokens: >= 0, OutputTokens: >= 0 });
            }
        }
    });

    [Property(MaxTest = 2000)]
    public Property No_bytes_make_a_filter_fail_and_no_split_changes_what_it_lets_through(PositiveInt[] sizes) => Prop.ForAll(Answers, answer =>
    {
        var whole = Filtered.Of(answer);
        var split = Filtered.Of(answer, [.. sizes.Select(size => size.Get)]);
        Assert.Equal(whole, split);
        Assert.True(whole.Length <= answer.Length);
    });

    private static Gen<byte[]> Mutate(string stream) =>
        from at in Gen.Choose(0, stream.Length - 1)
        from length in Gen.Choose(0, 40)
        from fragment in Gen.Elements(Fragments)
        select Encoding.UTF8.GetBytes(string.Concat(stream.AsSpan(0, at), fragment, stream.AsSpan(Math.Min(stream.Length, at + length))));
}
