using System.Text.Json;
using System.Text.RegularExpressions;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Architecture;

namespace CredentialProxy.Tests.Documentation;

/// <summary>The page on metering holds what it says of features and of price files.</summary>
public sealed partial class MeteringDocumentTests
{
    private static readonly string Text = Repository.Read("docs/metering.md");

    [Fact]
    public void Every_feature_that_a_row_names_exists()
    {
        var columns = Text[Text.IndexOf("## OpenAI", StringComparison.Ordinal)..].Split('\n').Where(line => line.StartsWith('|')).Select(line => line.Split('|')).Where(cells => cells.Length > 4).Select(cells => cells[3]);
        var named = columns.SelectMany(cell => Word().Matches(cell).Select(match => match.Groups[1].Value)).Where(word => word.Contains('_', StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        Assert.Contains("stored_input", named);
        Assert.Empty(named.Except(FeatureNames.All));
    }

    [Fact]
    public void The_price_file_on_the_page_is_taken_and_goes_before_the_shipped_one()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("prices").FullName, "prices.json");
        File.WriteAllText(path, Fenced().Match(Text).Groups[1].Value);
        var price = PriceTable.Load(new PricingOptions { File = path }).Find("openai", "gpt-5");
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);

        Assert.True(price.HasAudioOutput);
        Assert.Equal(18 + 8_000, price.CostMicroUsd(new TokenUsage { OutputTokens = 1 }, new ServiceTerms(ServiceTier.Priority), new ToolCalls { WebSearches = 1 }));
        Assert.Equal(20_000, price.TokensPerCall(HostedTool.WebSearch));
    }

    [Fact]
    public void Every_tool_and_factor_of_a_price_file_is_on_the_page()
    {
        var tools = Enum.GetValues<HostedTool>().Where(tool => tool != HostedTool.None).Select(tool => JsonNamingPolicy.SnakeCaseLower.ConvertName(tool.ToString()));
        var factors = typeof(PriceFactorEntry).GetProperties().Where(property => property.PropertyType == typeof(decimal?)).Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name));
        Assert.All(tools.Concat(factors), name => Assert.Contains($"`{name}`", Text[Text.IndexOf("## Prices of your own", StringComparison.Ordinal)..], StringComparison.Ordinal));
    }

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Word();

    [GeneratedRegex("^```json\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();
}
