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
