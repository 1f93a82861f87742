using System.Runtime.CompilerServices;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Gateway.Measuring;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>Labels have few values, whatever clients write.</summary>
public sealed class LabelsTests
{
    [Fact]
    public void Only_so_many_are_told_apart_however_many_come_at_once()
    {
        var labels = new BoundedLabels(10);
        var seen = Enumerable.Range(0, 10_000).AsParallel().Select(number => labels.Of($"p{number % 500}")).Distinct().ToList();
        Assert.InRange(seen.Count, 2, 11);
        Assert.Contains("other", seen);
        // What was told apart once stays so.
        Assert.All(seen, label => Assert.Equal(label, labels.Of(label)));
    }

    [Fact]
    public void One_that_is_absent_or_too_long_has_a_name()
    {
        var labels = new BoundedLabels(10);
        Assert.Equal(("none", "other"), (labels.Of(null), labels.Of(new string('x', 129))));
        Assert.Equal("other", new BoundedLabels(0).Of("p"));
    }

    [Fact]
    public void Rows_beyond_those_that_are_told_apart_share_one_and_nothing_is_missing_from_their_sum()
    {
        var rows = new LabelledRows<(string, int), StrongBox<long>>(10);
        Enumerable.Range(0, 10_000).AsParallel().ForAll(number => Interlocked.Increment(ref rows.Of(("p", number % 500)).Value));
        var told = rows.All().ToList();
        Assert.InRange(told.Count, 2, 11);
        Assert.Null(told[^1].Labels);
        Assert.All(told[..^1], row => Assert.Equal(("p", 20), (row.Labels!.Value.Item1, row.Row.Value)));
        Assert.Equal(10_000, told.Sum(row => row.Row.Value));
    }

    [Theory]
    [InlineData("gpt-4o-mini", "gpt-4o-mini")]
    [InlineData("gpt-4o-mini-of-mine", "other")]
    [InlineData("", "none")]
    public void A_model_is_told_apart_where_the_price_table_names_it(string model, string label)
    {
        var prices = PriceTable.Load(new PricingOptions());
        Assert.Equal(label, new ModelLabels(() => prices).Of(model));
    }
}
