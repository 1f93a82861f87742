using System.Text;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Usage;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Limits.Redis;

/// <summary>Usage records as the stream carries them.</summary>
public sealed class UsageEntryTests
{
    [Property(MaxTest = 200, Arbitrary = [typeof(UsageEntryTests)])]
    public void What_is_written_is_read_back(UsageRecord record) => Assert.Equal(record, UsageEntry.Read(UsageEntry.Write(record)));

    [Fact]
    public void What_is_nothing_is_left_out()
    {
        var text = Encoding.UTF8.GetString(UsageEntry.Write(UsageRecords.Of("req_1", tokens: 7)));
        Assert.Equal("""{"v":1,"id":"req_1","t":0,"tok":"tok","crd":"cred","prv":"openai","mod":"gpt-4o-mini","ep":"chat.completions","in":7}""", text);
    }

    [Fact]
    public void A_reported_cost_of_nothing_is_another_thing_than_none()
    {
        var free = UsageRecords.Of("a") with { Usage = new TokenUsage { ReportedCostMicroUsd = 0 } };
        Assert.Equal(0, UsageEntry.Read(UsageEntry.Write(free)).Usage.ReportedCostMicroUsd);
        Assert.Null(UsageEntry.Read(UsageEntry.Write(UsageRecords.Of("a"))).Usage.ReportedCostMicroUsd);
    }

    [Fact]
    public void Every_figure_has_a_name_of_its_own_and_none_is_left_out()
    {
        Assert.Equal(UsageEntryFigures.All.Count, UsageEntryFigures.All.Select(figure => figure.Name).Distinct().Count());
        var ofUsage = typeof(TokenUsage).GetProperties().Count(property => property.CanWrite);
        var ofRecord = typeof(UsageRecord).GetProperties().Count(property => property.PropertyType == typeof(int) || property.PropertyType == typeof(long) || property.PropertyType.IsEnum);
        Assert.Equal(ofUsage + ofRecord, UsageEntryFigures.All.Count);
    }

    [Fact]
    public void Figures_out_of_this_world_are_kept_within_it()
    {
        var record = UsageRecords.Of("a") with { CostMicroUsd = long.MaxValue, Usage = new TokenUsage { OutputTokens = long.MinValue, ReasoningTokens = long.MaxValue } };
        var read = UsageEntry.Read(UsageEntry.Write(record));
        Assert.Equal((Limit.MaxAmount, 0, Limit.MaxAmount), (read.CostMicroUsd, read.Usage.OutputTokens, read.Usage.ReasoningTokens));
    }

    [Fact]
    public void What_a_later_version_adds_is_passed_over()
    {
        var text = Encoding.UTF8.GetString(UsageEntry.Write(UsageRecords.Of("req_1")));
        Assert.Equal("req_1", UsageEntry.Read(Encoding.UTF8.GetBytes(text.Replace("{", "{\"new\":[1,{}],", StringComparison.Ordinal))).RequestId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"v\":2}")]
    [InlineData("{\"v\":1,\"id\":null}")]
    [InlineData("{\"v\":1,\"id\":\"a\",\"t\":99999999999999999}")]
    [InlineData("{\"v\":1,\"id\":\"a\",\"t\":0,\"tok\":\"t\",\"crd\":\"c\",\"prv\":\"p\",\"mod\":\"m\",\"ep\":\"e\",\"st\":99999999999}")]
    [InlineData("{\"v\":1,\"id\":\"a\",\"t\":0,\"tok\":\"t\",\"crd\":\"c\",\"prv\":\"p\",\"mod\":\"m\",\"ep\":\"e\",\"in\":\"7\"}")]
    public void Anything_else_is_refused(string text) => Assert.Throws<FormatException>(() => UsageEntry.Read(Encoding.UTF8.GetBytes(text)));

    /// <summary>Records of any figures and any text.</summary>
    public static Arbitrary<UsageRecord> Records()
    {
        var text = ArbMap.Default.GeneratorFor<UnicodeString>()
            .Select(value => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value.Get ?? ""))); // half a surrogate is no text
        var amount = Gen.OneOf(Gen.Constant(0L), Gen.Choose(1, 100_000).Select(value => (long)value), Gen.Constant(Limit.MaxAmount));
        return (
            from texts in text.ArrayOf(7)
            from hasProject in Gen.Elements(true, false)
            from figures in amount.ArrayOf(UsageEntryFigures.All.Count)
            from status in Gen.Choose(0, 599)
            select Of(texts, hasProject, figures, status)).ToArbitrary();
    }

    private static UsageRecord Of(string[] texts, bool hasProject, long[] figures, int status)
    {
        var record = new UsageRecord
        {
            RequestId = texts[0],
            Time = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000 + (figures[0] % 1_000)),
            TokenId = texts[1],
            ProjectId = hasProject ? texts[2] : null,
            CredentialId = texts[3],
            Provider = texts[4],
            Model = texts[5],
            Endpoint = texts[6],
        };
        for (var index = 0; index < figures.Length; index++)
        {
            // Those of a whole number's size come from one that fits.
            var isWhole = UsageEntryFigures.All[index].Name is "st" or "mk" or "ms";
            record = UsageEntryFigures.All[index].Set(record, isWhole ? status : figures[index]);
        }
        return record;
    }
}
